// Gift vouchers at the basket: sell one as one more line, or look at one; what is on it can pay for what is scanned.
import { t } from "../language.js";
import { NoAnswer, Refused } from "./api.js";
import { say } from "./a11y.js";
import { balanceSlip } from "./balanceslip.js";
import { erasing, openDialog, typing } from "./dialogs.js";
import { byId, figure, h, put } from "./dom.js";
import { Entry, moneyFormat } from "./entry.js";
import { addVoucher } from "./lines.js";
import { canPay, openPay, payWithVoucher } from "./pay.js";
import { wouldCost } from "./pricing.js";
import * as sound from "./sound.js";
import { basketInputs, state } from "./state.js";
import { uuid7 } from "./uuid.js";
import { askVoucher, asking, spoken, voucherCard } from "./vouchercard.js";

let entry = null;
let found = null; // the till's answer for exactly the code in the field
let busy = false;

const dialog = () => byId("dlg-voucher");
const codeTyped = () => byId("voucher-code").value.trim().toUpperCase();
const problem = (text) => put(byId("voucher-problem"), text);
const sells = () => Boolean(state.session?.vouchers?.item);

export function startVoucher() {
  dialog().querySelector("form").addEventListener("submit", submit);
  dialog().querySelector(".pad").addEventListener("click", (event) => {
    const key = event.target.closest("[data-pad]")?.dataset.pad;
    if (key) press(key);
  });
  dialog().addEventListener("keydown", keys);
  byId("voucher-code").addEventListener("input", forget);
  byId("voucher-look").addEventListener("click", () => look());
}

function keys(event) {
  if (erasing(event)) press("erase");
  else if (event.key === state.session.keys.note) {
    event.preventDefault();
    byId("voucher-code").focus();
  }
}

/** Open, for a new one or with the code that was scanned. */
export async function openVoucher(code = "") {
  if (state.sending || dialog().open || state.view === "pay" || state.view === "change" || !state.session) return;
  entry = new Entry("money", state.session.shop.digits, 8);
  byId("voucher-code").value = code;
  forget();
  byId("voucher-amounts").replaceChildren(...(state.session.vouchers?.amounts ?? []).map((one) => h("button", { type: "button", class: "btn", onclick: () => offer(one.amount) }, figure(one.text))));
  openDialog(dialog(), typed, (scanned) => {
    byId("voucher-code").value = scanned;
    forget();
    look();
  });
  byId(sells() ? "voucher-go" : "voucher-code").focus();
  if (code) await look();
}

function typed(text) {
  if (!sells()) return undefined;
  return typing(entry, text, painted);
}

function press(key) {
  entry.press(key);
  painted();
}

function offer(amount) {
  entry.text = amount;
  painted();
  byId("voucher-go").focus();
}

function painted() {
  problem("");
  paint();
}

/** Another code: what was known of the one before is gone. */
function forget() {
  found = null;
  byId("voucher-says").replaceChildren();
  painted();
}

const isVoucher = () => found !== null && found.voucher.state !== "unknown";

function paint() {
  put(byId("voucher-typed"), moneyFormat(state.session.shop)(entry.value() || "0"));
  byId("voucher-new").hidden = byId("voucher-sell").hidden = isVoucher() || !sells();
  const use = isVoucher() && found.can_redeem && canPay();
  byId("voucher-go").hidden = isVoucher() ? !use : !sells();
  put(byId("voucher-go-word"), use ? t("Use it: pay with it") : t("Add to basket"));
}

/** What the till knows of the code. */
async function look() {
  const code = codeTyped();
  if (!code) {
    byId("voucher-code").focus();
    return problem(t("Scan the voucher, or type its code."));
  }
  byId("voucher-says").replaceChildren(asking());
  try {
    const answer = await askVoucher(code);
    if (codeTyped() !== code) return undefined;
    found = answer;
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    byId("voucher-says").replaceChildren();
    return problem(error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
  }
  problem("");
  byId("voucher-says").replaceChildren(voucherCard(found), ...balanceSlip(found), ...(!isVoucher() && sells() ? [h("p", { class: "dlg-say" }, found.offline_text ? t("Sell it as a new voucher only when it is new: type the amount.") : t("It can be sold as a new voucher: type the amount."))] : []));
  say(spoken(found));
  paint();
  (byId("voucher-go").hidden ? dialog().querySelector("[data-close]:last-of-type") : byId("voucher-go")).focus();
  return undefined;
}

async function submit(event) {
  event.preventDefault();
  if (busy) return;
  busy = true;
  try {
    if (codeTyped() && !found) {
      await look();
      if (!found || isVoucher() || entry.isZero()) return;
    }
    if (isVoucher()) await use();
    else if (sells()) await sell();
    else await look();
  } finally {
    busy = false;
  }
}

async function use() {
  if (!found.can_redeem || !canPay()) return;
  const { code } = found.voucher;
  dialog().close("ok");
  await openPay();
  await payWithVoucher(code);
}

async function sell() {
  const code = codeTyped();
  if (entry.isZero()) return problem(t("Type the amount."));
  if (code && state.basket.lines.some((line) => line.voucher?.code === code)) return problem(t("This card is in the basket already."));
  const { item, name } = state.session.vouchers;
  const amount = entry.value();
  const line = { line: uuid7(), item_code: item, qty: "1", barcode: "", price: amount, price_source: "typed", discount: null, note: "", return_against: null, voucher: { code } };
  try {
    const inputs = basketInputs();
    await wouldCost({ ...inputs, discount: null, lines: [line] });
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    return problem(error instanceof Refused ? error.message : t("The till server does not answer. Try again."));
  }
  sound.added();
  addVoucher(line, { name, unit_text: moneyFormat(state.session.shop)(amount) });
  dialog().close("ok");
  return undefined;
}
