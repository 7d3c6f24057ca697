// The discount dialog: on a line or the whole sale, with a reason. What it makes of the price is asked of the server.
import { t } from "../language.js";
import { NoAnswer, Refused } from "./api.js";
import { approveBasket, needsSecond } from "./approve.js";
import { byId, put } from "./dom.js";
import { erasing, openDialog, typing } from "./dialogs.js";
import { Entry, moneyFormat } from "./entry.js";
import { nameOf, setDiscount } from "./lines.js";
import { wouldCost } from "./pricing.js";
import { basketInputs, chosenLine, state } from "./state.js";

const PREVIEW_AFTER_MS = 150;

let line = null;
let entry = null;
let question = 0;
let timer = 0;

const dialog = () => byId("dlg-discount");
const form = () => dialog().querySelector("form");
const value = (name) => new FormData(form()).get(name) ?? "";

export function startDiscount() {
  form().addEventListener("change", fieldChanged);
  form().addEventListener("submit", apply);
  byId("discount-words").addEventListener("input", () => put(byId("discount-problem"), ""));
  byId("discount-off").addEventListener("click", takeOff);
  dialog().addEventListener("keydown", (event) => erasing(event) && press("erase"));
  dialog().querySelector(".pad").addEventListener("click", (event) => {
    const key = event.target.closest("[data-pad]")?.dataset.pad;
    if (key) press(key);
  });
}

/** Open for the chosen line; for the whole sale when no item line is chosen. */
export function openDiscount() {
  if (state.sending || !state.basket.lines.some((one) => !one.unknown)) return;
  const chosen = chosenLine();
  line = chosen && !chosen.unknown && !chosen.voucher ? chosen : null;
  form().reset();
  const lineChoice = form().querySelector("[value=line]");
  lineChoice.disabled = line === null;
  if (!line) form().querySelector("[value=sale]").checked = true;
  put(byId("discount-amount-word"), t("{symbol} off", { symbol: state.session.shop.symbol }));
  byId("discount-other").hidden = true;
  newEntry();
  paintTarget();
  openDialog(dialog(), (text) => typing(entry, text, painted));
  form().querySelector("[name=kind]:checked").focus();
}

function press(key) {
  entry.press(key);
  painted();
}

function painted() {
  put(byId("discount-problem"), "");
  paintTyped();
  clearTimeout(timer);
  timer = setTimeout(preview, PREVIEW_AFTER_MS);
}

function newEntry() {
  const percent = value("kind") === "percent";
  entry = new Entry(percent ? "decimal" : "money", percent ? 2 : state.session.shop.digits, 8);
  painted();
}

function fieldChanged(event) {
  if (event.target.name === "kind") newEntry();
  if (event.target.name === "target") {
    if (value("target") === "sale" && value("kind") === "price") form().querySelector("[value=percent]").checked = true;
    newEntry();
    paintTarget();
  }
  if (event.target.name === "reason") {
    byId("discount-other").hidden = value("reason") !== "Other";
    if (value("reason") === "Other") byId("discount-words").focus();
  }
  put(byId("discount-problem"), "");
}

const present = () => (value("target") === "sale" ? state.basket.discount : line?.discount ?? null);

function paintTarget() {
  const sale = value("target") === "sale";
  put(byId("discount-what"), sale ? t("The whole sale") : nameOf(line));
  const price = byId("discount-price-chip");
  price.hidden = sale;
  byId("discount-off").hidden = present() === null;
  put(byId("preview-what"), sale ? t("New total") : t("New price of the line"));
  preview();
}

function paintTyped() {
  const percent = value("kind") === "percent";
  put(byId("discount-typed-what"), { percent: t("Percent off"), amount: t("Amount off"), price: t("New unit price") }[value("kind")]);
  const shown = entry.value();
  put(byId("discount-typed"), percent ? `${entry.text || "0"} %` : moneyFormat(state.session.shop)(shown || "0"));
}

const wanted = () => ({ kind: value("kind"), value: entry.value(), reason: reasonWords() });
const reasonWords = () => (value("reason") === "Other" ? byId("discount-words").value.trim() : value("reason"));

function withDiscount(discount) {
  const inputs = basketInputs();
  if (value("target") === "sale") inputs.discount = discount;
  else inputs.lines = inputs.lines.map((one) => (one.line === line.line ? { ...one, discount } : one));
  return inputs;
}

/** Before and after, from the server. */
async function preview() {
  question += 1;
  const mine = question;
  const sale = value("target") === "sale";
  const now = sale ? state.priced?.total_text : state.priced?.byLine.get(line.line)?.amount_text;
  put(byId("preview-was"), "");
  put(byId("preview-now"), now ?? "");
  if (entry.isZero() && value("kind") !== "price") return;
  try {
    const priced = await wouldCost(withDiscount({ ...wanted(), reason: reasonWords() || "preview" }));
    if (mine !== question || !dialog().open) return;
    const after = sale ? priced.total_text : priced.lines.find((one) => one.line === line.line).amount_text;
    put(byId("preview-was"), now ?? "");
    put(byId("preview-now"), after);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    if (mine === question && error instanceof Refused) put(byId("discount-problem"), error.message);
  }
}

async function apply(event) {
  event.preventDefault();
  const discount = wanted();
  if (!discount.value || (entry.isZero() && discount.kind !== "price")) return put(byId("discount-problem"), t("Type how much."));
  if (!discount.reason) return put(byId("discount-problem"), t("Choose a reason; it stands on the receipt and in the books."));
  const [sale, id] = [value("target") === "sale", line?.line];
  for (let given = false; !given; ) {
    try {
      await wouldCost(withDiscount(discount));
      given = true;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      if (needsSecond(error) && (await approveBasket(error))) continue;
      return put(byId("discount-problem"), error.message || t("The till server does not answer. Try again."));
    }
  }
  setDiscount(sale ? null : id, discount);
  return dialog().close("ok");
}

function takeOff() {
  setDiscount(value("target") === "sale" ? null : line.line, null);
  dialog().close("ok");
}
