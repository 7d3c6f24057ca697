// What is on a voucher, on paper, without a sale: beside the card that says it.
import { t } from "../language.js";
import { NoAnswer, Refused, post } from "./api.js";
import { h, icon, put } from "./dom.js";

/** The button and what becomes of it; nothing for a voucher with nothing to print. */
export function balanceSlip({ voucher }) {
  if (voucher.state !== "active" || !/[1-9]/.test(voucher.balance) || voucher.overdrawn) return [];
  const told = h("span", { class: "quiet", role: "status" });
  return [h("p", { class: "balance-slip" }, h("button", { type: "button", class: "btn", "data-balance": voucher.code, onclick: () => print(voucher.code, told) }, icon("print"), t("Print what is left")), " ", told)];
}

async function print(code, told) {
  try {
    const answer = await post("/api/print", { template: "balance", voucher: code });
    put(told, answer.job.text);
    if (answer.browser) location.assign(`${answer.page}&back=${encodeURIComponent(location.pathname)}`);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(told, error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
  }
}
