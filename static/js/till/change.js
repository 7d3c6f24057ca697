// After the sale: the change, very large, until the next scan or key. Kept over a reload; it is a picture, not a record.
import { t, tx } from "../language.js";
import { say } from "./a11y.js";
import { byId, figure, h, put } from "./dom.js";
import { paintVouchers, vouchersOf, vouchersSaid } from "./salevouchers.js";
import { show, state } from "./state.js";

const KEPT = "tillkeep.change";

export function startChange() {
  byId("new-sale").addEventListener("click", newSale);
  state.nextSale = newSale;
}

/** Show what the server acknowledged. */
export function showChange(receipt) {
  const { document, ...kept } = receipt;
  kept.saved_text = timeOf(kept.saved_at);
  kept.given = (document?.payments ?? []).map((payment) => ({ kind: payment.kind, last4: payment.last4 }));
  kept.vouchers = vouchersOf(document);
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
  paint(kept);
  say([t("Paid. Sale {number} is saved. Change {amount}", { number: kept.number, amount: kept.change_text }), ...vouchersSaid(kept.vouchers)].join(". "));
}

/** After a reload, or back from the receipt: the same change again, unless a new basket has begun. */
export function recallChange() {
  const kept = sessionStorage.getItem(KEPT);
  if (kept && !state.basket.lines.length && !state.basket.pending.length) paint(JSON.parse(kept));
  else sessionStorage.removeItem(KEPT);
}

export function newSale() {
  sessionStorage.removeItem(KEPT);
  if (state.view === "change") show("sell");
  document.activeElement?.blur?.();
}

export const receiptAddress = () => byId("show-receipt").getAttribute("href");

function timeOf(stamp) {
  return /T(\d\d:\d\d:\d\d)/.exec(stamp ?? "")?.[1] ?? "";
}

function paint(sale) {
  const owed = hasFigure(sale.change);
  const refund = sale.total.startsWith("-");
  byId("kept").replaceChildren(...tx(refund ? t("Paid back. Sale {number} is saved on this till.") : t("Paid. Sale {number} is saved on this till."), { number: figure(sale.number) }));
  put(byId("kept-at"), sale.saved_text);
  put(byId("change-word"), owed ? t("Change") : refund ? t("Paid back") : t("No change"));
  const amount = byId("change-amount");
  const text = refund ? sale.total_text : sale.change_text;
  put(amount, text);
  amount.className = text.length > 9 ? "ltr is-longer" : text.length > 6 ? "ltr is-long" : "ltr";
  put(byId("change-words"), owed ? sale.change_words ?? "" : refund ? "" : t("Nothing to give back"));
  byId("show-receipt").href = `/receipts/${encodeURIComponent(sale.number)}`;
  byId("print-receipt").href = `/receipts/${encodeURIComponent(sale.number)}?print=1`;
  const rows = [[t("Total"), sale.total_text], ...(sale.payments ?? []).map((payment, at) => [nameOf(payment, sale.given?.[at]), payment.amount_text]), [t("Change"), sale.change_text]];
  byId("sale-facts").replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, figure(value))]));
  paintVouchers(sale);
  byId("sale-state").replaceChildren(h("dt", {}, t("Saved")), h("dd", {}, sale.saved_text));
  show("change");
  byId("new-sale").focus({ preventScroll: true });
}

function nameOf(payment, given) {
  const last4 = payment.last4 || given?.last4;
  if (last4) return t("{mode}, ends {digits}", { mode: t(payment.mode_of_payment), digits: last4 });
  return (payment.kind ?? given?.kind) === "cash" ? t("{mode} given", { mode: t(payment.mode_of_payment) }) : t(payment.mode_of_payment);
}

const hasFigure = (text) => /[1-9]/.test(text ?? "");
