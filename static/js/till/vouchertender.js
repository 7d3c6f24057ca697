// A gift voucher on the pay view: its code, what is on it, how much of it is used; or value given back onto one.
import { t } from "../language.js";
import { NoAnswer, Refused } from "./api.js";
import { say } from "./a11y.js";
import { byId, h, put } from "./dom.js";
import { isRefund } from "./payback.js";
import { state } from "./state.js";
import { askVoucher, asking, spoken, voucherCard } from "./vouchercard.js";
import { setsAside } from "./voucherhold.js";

let code = "";
let known = null; // the till's answer about exactly this code, for `knownFor` still to pay
let knownFor = "";
let repaint = () => {};

/** The part of the view that stands where cash has its quick sums. painted(): the rest of the view follows. */
export function voucherFields(painted) {
  repaint = painted;
  const field = h("input", { class: "field ltr", id: "pay-voucher", maxlength: "40", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", value: code, oninput: typed });
  const words = isRefund() ? t("Onto which voucher? Empty: a new one") : t("Code: scan or type it");
  return h("div", { class: "voucher-fields" }, h("label", {}, `${words} `, h("span", { class: "key" }, state.session.keys.note), field), h("p", { class: "problem", id: "pay-voucher-problem", role: "alert" }));
}

function typed(event) {
  code = event.target.value;
  known = null;
  paintCard();
  problem("");
  repaint();
}

const problem = (text) => put(byId("pay-voucher-problem"), text);
const paintCard = () => byId("pay-voucher-says").replaceChildren(...(known ? [voucherCard(known)] : []));

/** Begin anew: another voucher, another basket. */
export function forgetVoucher() {
  code = "";
  known = null;
  if (byId("pay-voucher")) byId("pay-voucher").value = "";
  paintCard();
  if (byId("pay-voucher-problem")) problem("");
}

/** A scanned code in the field. */
export function setVoucher(given) {
  forgetVoucher();
  code = given;
  if (byId("pay-voucher")) byId("pay-voucher").value = given;
}

/** The code to put on the payment, and what was on the voucher before. */
export const voucherOn = () => ({ reference: known?.voucher.code ?? code.trim().toUpperCase(), was_text: known?.voucher.balance_text ?? "" });

/** How much to use, for what is left to pay: "" while the code is missing, was asked for only now, or cannot be used. */
export async function voucherAmount(typedAmount, left, { scanned = false } = {}) {
  const given = code.trim();
  if (isRefund() && !given) return typedAmount || left;
  if (!given) {
    byId("pay-voucher").focus();
    problem(t("Scan the voucher, or type its code."));
    return "";
  }
  if (state.basket.payments.some((one) => one.reference === given.toUpperCase() && one.voucher)) {
    problem(t("This voucher is among what was taken already. Take it off there to change its amount."));
    return "";
  }
  const shown = known !== null && (typedAmount !== "" || knownFor === left);
  if (!shown && !(await ask(given, left))) return "";
  if (isRefund()) return shown || scanned ? typedAmount || left : "";
  if (!known.can_redeem) {
    problem(known.why_not);
    return "";
  }
  return shown || scanned ? typedAmount || known.allowed : "";
}

async function ask(given, left) {
  problem("");
  known = null;
  byId("pay-voucher-says").replaceChildren(asking());
  if (!isRefund()) setsAside(state.basket.id);
  try {
    const answer = await askVoucher(given, isRefund() ? "" : state.basket.id, left);
    if (code.trim() !== given) return false; // another one by now
    known = answer;
    knownFor = left;
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    paintCard();
    problem(error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
    return false;
  }
  paintCard();
  say(spoken(known));
  if (known.can_redeem) byId("take").focus({ preventScroll: true }); // digits are an amount from now on
  repaint();
  return true;
}

/** How much of the voucher that was looked at may be used; "" when none was, or none of it. */
export const allowed = () => (known?.can_redeem && !isRefund() ? known.allowed : "");

/** What the big key says. */
export function voucherWord(typedAmount, format) {
  if (isRefund()) return "";
  if (known?.can_redeem) return t("Use {amount}", { amount: format(typedAmount || known.allowed) });
  return t("Look at the voucher");
}
