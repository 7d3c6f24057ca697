// What the issuer of vouchers set aside for this screen's basket: let go of as soon as the basket is not paid after all,
// so that no other till waits for it. Remembered over a reload. Nobody waits for the answer: a hold ends by itself, too.
import { NoAnswer, Refused, post } from "./api.js";
import { on, state } from "./state.js";

const KEPT = "tillkeep.voucher-held"; // the basket's id

export function startVoucherHold() {
  for (const topic of ["session", "view", "basket"]) on(topic, look);
}

/** The issuer is about to set value aside for a basket. */
export const setsAside = (basket) => localStorage.setItem(KEPT, basket);

/** The basket is paid: its hold ends with the row that used the value. */
export const holdIsUsed = () => localStorage.removeItem(KEPT);

/** A voucher was taken off the payments again. */
export const letGoOf = (code) => release(state.basket.id, code);

function look() {
  const basket = localStorage.getItem(KEPT);
  if (!basket || !state.session || state.sending) return;
  if (basket === state.basket.id && (state.view === "pay" || state.basket.sent)) return;
  localStorage.removeItem(KEPT);
  release(basket);
}

async function release(basket, code = "") {
  try {
    await post("/api/vouchers/release", code ? { basket, code } : { basket });
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
  }
}
