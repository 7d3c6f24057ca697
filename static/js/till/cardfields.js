// What may be written down beside a card or another way to pay: its reference and, of a card, the last four digits.
import { t } from "../language.js";
import { h } from "./dom.js";
import { state } from "./state.js";

export function cardFields(mode) {
  const last4 = mode.kind === "card" ? h("label", {}, t("Last 4 digits"), h("input", { class: "field ltr", id: "pay-last4", inputmode: "numeric", maxlength: "4", autocomplete: "off" })) : null;
  const reference = h("label", { class: last4 ? null : "wide" }, `${t("Reference")} `, h("span", { class: "key" }, state.session.keys.note), h("input", { class: "field", id: "pay-reference", maxlength: "140", autocomplete: "off" }));
  return h("div", { class: "card-fields" }, reference, last4);
}

/** The field for what stands beside the way to pay: a card's reference, a voucher's code. */
export const focusReference = () => document.querySelector("#pay-voucher, #pay-reference")?.focus();
