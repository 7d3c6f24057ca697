// After the sale: the vouchers it made or used, what is left on each, and their slips.
import { mark, t } from "../language.js";
import { NoAnswer, Refused, post } from "./api.js";
import { withApproval } from "./approve.js";
import { moneyFormat } from "./entry.js";
import { byId, figure, h, put } from "./dom.js";
import { state } from "./state.js";

const ACTS = { issue: mark("Sold"), refund: mark("Given back onto it"), redeem: mark("Used"), adjust: mark("Adjusted"), expire: mark("Expired") };
const HANDED_OUT = ["issue", "refund"];
const SLIPS = [["voucher", "discount", mark("Print voucher")], ["balance", "quantity", mark("Print what is left")]];

let number = "";

/** What stays of a receipt's document to paint from, over a reload. */
export const vouchersOf = (document) => (document?.vouchers ?? []).map(({ code, act, amount, balance }) => ({ code, act, amount, balance }));

/** For the live region: each voucher and what is left on it. */
export const vouchersSaid = (rows) => rows.map((row) => t("Voucher {code}: {amount} on it.", { code: row.code, amount: money(row.balance) }));

const money = (text) => moneyFormat(state.session.shop)(text);

export function paintVouchers(sale) {
  number = sale.number;
  const rows = sale.vouchers ?? [];
  const place = byId("sale-vouchers");
  place.hidden = rows.length === 0;
  const offered = SLIPS.filter(([slip]) => rows.some((row) => (slip === "voucher" ? HANDED_OUT.includes(row.act) : !HANDED_OUT.includes(row.act) && /[1-9]/.test(row.balance))));
  place.replaceChildren(
    ...rows.map((row) => h("dl", { class: "sale-voucher" }, h("dt", {}, h("bdi", { class: "mono ltr" }, row.code)), fact(t(ACTS[row.act]), row.amount.replace("-", "")), fact(t("left on it"), row.balance, "is-left"))),
    ...offered.map(([slip, key, words]) => h("button", { type: "button", class: "btn", "data-slip": slip, onclick: () => print(slip) }, t(words), " ", h("span", { class: "key" }, state.session.keys[key]))),
    h("p", { class: "quiet", id: "slip-said", role: "status" }));
}

const fact = (words, amount, css = "") => h("dd", { class: css }, h("small", {}, words), figure(money(amount)));

/** A function key of this view; answers whether it meant a slip. */
export function printKey(action) {
  const slip = SLIPS.find(([, key]) => key === action)?.[0];
  const button = byId("sale-vouchers").querySelector(`[data-slip="${slip}"]`);
  button?.click();
  return button !== null;
}

async function print(template) {
  const said = (text) => put(byId("slip-said"), text);
  try {
    const answer = await withApproval((approvals) => post("/api/print", { document: number, template, approvals }));
    if (!answer) return;
    said(answer.job.text);
    if (answer.browser) location.assign(`${answer.page}&back=${encodeURIComponent("/")}`);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    said(error instanceof Refused ? error.message : t("The till server does not answer. The sale is saved; print again."));
  }
}
