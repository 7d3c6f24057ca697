// Goods that come back: find the receipt, pick lines and pieces, and they stand in the basket as lines given back.
// Without a receipt: a reason first, then each item by its code. What may come back, and for how much, the server says.
import { t, tn } from "../language.js";
import { NoAnswer, Refused, get, withQuery } from "./api.js";
import { say } from "./a11y.js";
import { openDialog } from "./dialogs.js";
import { byId, disable, figure, h, icon, isDisabled, put } from "./dom.js";
import { oneLess, plus, thousandths } from "./quantity.js";
import { changed, state, tell } from "./state.js";
import { uuid7 } from "./uuid.js";
import { chips } from "./words.js";

let found = null; // the receipt's lines as the server answered
let picked = new Map(); // line -> pieces to give back, as text
let blind = null; // without a receipt: { return_of }

const dialog = () => byId("dlg-back");

export function startGiveBack() {
  const form = dialog().querySelector("form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (document.activeElement === byId("back-code") || (!found && !blind)) search(byId("back-code").value.trim());
    else if (found) putInBasket();
  });
  byId("back-find").addEventListener("click", () => search(byId("back-code").value.trim()));
  byId("back-blind").addEventListener("click", () => startBlind(""));
  byId("back-all").addEventListener("click", pickAll);
}

/** Open, with a number already known or for one to be scanned. */
export function openGiveBack(number = "") {
  if (state.sending || dialog().open) return;
  reset();
  byId("back-code").value = number;
  openDialog(dialog(), typed, (code) => {
    byId("back-code").value = code;
    search(code);
  });
  byId("back-code").focus();
  if (number) search(number);
}

function typed(text) {
  const field = byId("back-code");
  field.value += text;
  field.focus();
  return () => {
    field.value = field.value.slice(0, -text.length);
  };
}

function reset() {
  found = blind = null;
  picked = new Map();
  byId("back-code").value = byId("back-words").value = "";
  put(byId("back-label"), t("Number on the receipt, or scan its barcode"));
  put(byId("back-what"), "");
  put(byId("back-problem"), "");
  byId("back-reasons").hidden = true;
  byId("back-chips").replaceChildren(...chips("back-reason", state.session.returns?.reasons ?? []));
  byId("back-list").replaceChildren();
  byId("back-blind").hidden = false;
  byId("back-all").hidden = true;
  byId("back-go").hidden = true;
}

async function search(code) {
  if (!code) return put(byId("back-problem"), blind ? t("Scan or type the item's code.") : t("Scan or type the number of a receipt."));
  put(byId("back-problem"), "");
  try {
    if (blind) return takeBlind(await get(withQuery("/api/lookup-barcode", { code })));
    const { receipt } = await get(withQuery("/api/receipts/find", { code }));
    return showLines(await get(`/api/refunds/${encodeURIComponent(receipt.id)}/lines`));
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("back-problem"), error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
    if (error.code === "not_known_here" && !blind && error.body.rule !== "refuse") startBlind(error.body.number ?? code, error.message);
    byId("back-code").select();
    return undefined;
  }
}

// -- against a receipt ------------------------------------------------------------------------------------------------

function showLines(answer) {
  found = answer;
  picked = new Map();
  const { receipt, window } = answer;
  put(byId("back-what"), `${receipt.number}, ${receipt.at_text}, ${receipt.total_text}`);
  byId("back-reasons").hidden = false;
  byId("back-chips").replaceChildren(...chips("back-reason", answer.reasons));
  byId("back-blind").hidden = true;
  byId("back-go").hidden = false;
  const open = answer.lines.some((line) => !line.why_not);
  byId("back-all").hidden = !open;
  if (receipt.voided_by) put(byId("back-problem"), t("This sale was voided by {number}.", { number: receipt.voided_by }));
  else if (window.late) put(byId("back-problem"), tn("Later than {n} day: somebody who may has to agree.", "Later than {n} days: somebody who may has to agree.", window.days));
  else if (answer.hub_away) put(byId("back-problem"), t("The hub does not answer: what other tills gave back of it is not known."));
  paintLines();
  (byId("back-list").querySelector("button:not([aria-disabled=true])") ?? byId("back-code")).focus();
  say(`${t("Receipt {number}.", { number: receipt.number })} ${open ? t("Choose what comes back.") : t("Nothing of it may come back.")}`);
}

function paintLines() {
  byId("back-list").replaceChildren(...found.lines.map(lineRow));
  disable(byId("back-go"), picked.size === 0);
}

function lineRow(line) {
  const pieces = picked.get(line.line) ?? "0";
  const step = (up) => {
    const next = up ? (line.step === "1" && pieces !== "0" ? plus(pieces, "1") : pieces === "0" ? firstOf(line) : line.left) : oneLess(pieces) ?? "0";
    setPieces(line, next, up);
  };
  const facts = [t("sold {quantity}", { quantity: line.qty_text }), line.back !== "0" && t("back before {quantity}", { quantity: line.back_text }), line.why_not || t("may come back {quantity}", { quantity: line.left_text }), t("{price} paid each", { price: line.unit_text })];
  const button = (up, text) => h("button", { type: "button", class: "btn btn-square", "data-up": up ? "yes" : "no", "aria-label": `${text}, ${line.name}`, "aria-disabled": line.why_not || (up ? pieces === line.left : pieces === "0") ? "true" : "false",
    onclick: (event) => !isDisabled(event.currentTarget) && step(up) }, icon(up ? "plus" : "minus"));
  return h("li", { class: picked.has(line.line) ? "back-row is-picked" : "back-row", "data-line": line.line },
    h("div", {}, h("b", {}, line.name), h("small", {}, [line.detail, ...facts].filter(Boolean).join(" · "))), h("span", { class: "amount" }, figure(line.left_amount_text)),
    h("div", { class: "back-steps" }, button(false, t("One less back")), h("output", { "aria-label": t("Comes back") }, pieces), button(true, t("One more back"))));
}

/** Something weighed comes back as a whole first; pieces one by one. */
const firstOf = (line) => (line.step === "1" ? "1" : line.left);

function setPieces(line, pieces, up) {
  if (pieces === "0") picked.delete(line.line);
  else picked.set(line.line, thousandths(pieces) > thousandths(line.left) ? line.left : pieces);
  paintLines();
  const row = byId("back-list").querySelector(`[data-line="${line.line}"]`);
  row.querySelector(`[data-up="${up ? "yes" : "no"}"]`).focus();
  say(t("{quantity} of {name} comes back", { quantity: picked.get(line.line) ?? "0", name: line.name }));
}

function pickAll() {
  picked = new Map(found.lines.filter((line) => !line.why_not).map((line) => [line.line, line.left]));
  paintLines();
  byId("back-go").focus();
}

const reason = () => byId("back-words").value.trim() || new FormData(dialog().querySelector("form")).get("back-reason") || "";

function putInBasket() {
  if (!picked.size) return put(byId("back-problem"), t("Choose what comes back."));
  const why = reason();
  if (!why && found.reason_required) return put(byId("back-problem"), t("Say why it comes back."));
  const { id } = found.receipt;
  for (const line of found.lines.filter((one) => picked.has(one.line))) {
    state.basket.lines = state.basket.lines.filter((one) => one.return_against?.id !== id || one.return_against.line !== line.line);
    addBack(line, { qty: `-${picked.get(line.line)}`, return_against: { id, line: line.line }, reason: why });
  }
  finish(tn("{n} line to give back. Scan on for an exchange, or pay back.", "{n} lines to give back. Scan on for an exchange, or pay back.", picked.size));
  return dialog().close("ok");
}

// -- without one ------------------------------------------------------------------------------------------------------

function startBlind(number, why = "") {
  blind = { return_of: number };
  put(byId("back-what"), number ? t("Without the receipt, for {number}", { number }) : t("Without a receipt"));
  put(byId("back-label"), t("Code of the item, or scan it"));
  put(byId("back-problem"), why);
  byId("back-reasons").hidden = false;
  byId("back-blind").hidden = true;
  byId("back-code").value = "";
  (byId("back-chips").querySelector("input") ?? byId("back-words")).focus();
}

function takeBlind({ item, line }) {
  const why = reason();
  if (!why) return put(byId("back-problem"), t("Say first why it comes back."));
  if (!line) return put(byId("back-problem"), t("{name} has sizes or colours: scan the label of the piece itself.", { name: item.name }));
  const more = blind.return_of ? { return_of: blind.return_of } : {};
  addBack({ item_code: line.item_code, name: item.name, detail: item.detail, unit_text: item.price_text }, { ...line, qty: `-${line.qty}`, return_against: null, reason: why, ...more });
  finish(t("{name} to give back.", { name: item.name }));
  return dialog().close("ok");
}

function addBack(line, inputs) {
  const shown = { name: line.name, detail: line.detail, unit_text: line.unit_text, uom: "", weighed: false };
  const id = uuid7();
  state.basket.lines.push({ barcode: "", price: null, price_source: "list", discount: null, note: "", ...inputs, line: id, item_code: line.item_code, shown });
  state.chosen = id;
}

function finish(words) {
  changed();
  tell("chosen");
  say(words);
}
