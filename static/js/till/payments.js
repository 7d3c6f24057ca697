// The list of the pay view: what was taken, each with the way to take it off, and what is being typed.
import { t } from "../language.js";
import { figure, h, icon } from "./dom.js";
import { isRefund } from "./payback.js";
import { state } from "./state.js";

/** The sign of each kind of payment. */
export const SIGNS = { cash: "cash", card: "card", voucher: "gift", other: "other" };

/** What was taken so far, and what is being typed. takeOff(at): take one of them off again. */
export function paymentRows({ check, modes, mode, typed, format, takeOff }) {
  const rows = state.basket.payments.map((payment, at) => {
    const text = check?.payments?.[at]?.amount_text ?? format(payment.amount);
    const kind = modes.find((one) => one.name === payment.mode_of_payment)?.kind ?? "other";
    const more = [payment.last4 && t("ends {digits}", { digits: payment.last4 }), payment.reference && (payment.voucher ? payment.reference : t("reference {text}", { text: payment.reference })), payment.was_text && t("{amount} was on it", { amount: payment.was_text })].filter(Boolean).join(" · ");
    return h("li", {}, h("span", { class: "disc" }, icon(SIGNS[kind] ?? "other")), h("b", {}, t(payment.mode_of_payment), h("small", {}, more || (isRefund() ? t("given back") : t("taken")))), h("b", { class: "amount" }, figure(text)),
      h("button", { type: "button", class: "btn btn-quiet btn-square", "aria-label": t("Take off {mode} {amount}", { mode: t(payment.mode_of_payment), amount: text }), onclick: () => takeOff(at) }, icon("close")));
  });
  if (typed) rows.push(h("li", {}, h("span", { class: "disc now" }, icon(SIGNS[mode.kind] ?? "other")), h("b", {}, t(mode.name), h("small", {}, t("being typed, not taken yet"))), h("b", { class: "amount" }, figure(format(typed))), h("span", {})));
  if (!rows.length) rows.push(h("li", { class: "none" }, t("Nothing yet.")));
  return rows;
}
