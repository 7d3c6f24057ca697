// Sends the sale. The same id on every try, so a lost answer, a double press or a second tab still make one sale.
import { t } from "../language.js";
import { NoAnswer, Refused, post } from "./api.js";
import { approveBasket, needsSecond } from "./approve.js";
import { askPerson } from "./dialogs.js";
import { pause } from "./dom.js";
import { showChange } from "./change.js";
import { paint as paintPay, saying } from "./pay.js";
import { repriceNow, settled } from "./pricing.js";
import { basketInputs, changed, keep, show, startAfresh, state, tell } from "./state.js";
import { cannotSave } from "./status.js";
import { uuid7 } from "./uuid.js";
import { holdIsUsed } from "./voucherhold.js";

const ANSWER_MS = 10000;
const WAITS_MS = [400, 1000, 2000, 3000];

/** Save the sale on screen; returns when it is saved or a person has to decide. A second call while one runs does nothing. */
export async function commitSale() {
  if (state.sending) return;
  const { basket } = state;
  if (!basket.sent) basket.total = state.priced.total;
  basket.sent = true;
  setSending(true);
  keep();
  try {
    const answer = await sendUntilAnswered({ ...basketInputs(), payments: basket.payments, total: basket.total });
    if (answer) acknowledged(answer);
  } finally {
    setSending(false);
  }
  const { needs } = state;
  state.needs = null; // given up, the next press asks again
  if (!needs || basket !== state.basket || !(await approveBasket(needs))) return;
  await settled();
  await commitSale();
}

/** After a reload: pay was pressed before, and nobody heard the answer. Ask for the same sale again. */
export async function resumeSale() {
  if (!state.basket.sent) return;
  show("pay");
  await commitSale();
}

function setSending(on) {
  state.sending = on;
  tell("sending");
  paintPay();
}

async function sendUntilAnswered(body) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await post("/api/create-sale", body, ANSWER_MS);
    } catch (error) {
      const wait = WAITS_MS[Math.min(tries, WAITS_MS.length) - 1];
      if (error instanceof NoAnswer || (error instanceof Refused && error.status >= 500 && error.code !== "cannot_save")) {
        saying(t("No answer yet, so nobody knows whether it is saved. Asking again for the same sale: it can only be made once. (try {number})", { number: tries + 1 }));
        await pause(wait);
        continue;
      }
      if (!(error instanceof Refused)) throw error;
      await refused(error);
      return null;
    }
  }
}

function acknowledged({ receipt }) {
  saying("");
  cannotSave("");
  holdIsUsed();
  startAfresh();
  showChange(receipt);
}

async function refused(error) {
  state.basket.sent = false;
  keep();
  if (error.code === "total_differs") await totalDiffers(error);
  else if (error.code === "other_content") await otherContent(error);
  else if (error.code === "cannot_save") {
    cannotSave(error.message);
    saying(t("Not saved. The basket and what was taken are kept; try again when the till can save."), true);
  } else if (needsSecond(error)) {
    state.needs = error;
    saying(error.message);
  } else if (error.status === 401) saying(t("Not saved yet. Sign in, then take it again; the basket is kept."));
  else saying(error.message, true);
}

async function totalDiffers(error) {
  const text = (value, known) => error.body[`${known}_text`] ?? value;
  await askPerson({
    title: t("The total has changed"),
    words: t("A price changed since this basket was shown. Nothing was saved. Look at the new total before you take the money."),
    facts: [[t("Shown here"), text(error.body.shown, "shown")], [t("Price now"), text(error.body.priced, "priced")]],
    buttons: [["ok", t("Show the new total"), "btn-main"]],
  });
  saying(t("The total has changed. Check what was taken."), true);
  repriceNow();
}

async function otherContent(error) {
  const answer = await askPerson({
    title: t("This sale was already saved, with other content"),
    words: t("A sale with this basket's number is on this till, but it differs ({field}). That happens when it was paid in another window. Look at the receipt before anybody pays twice; this basket waits here.", { field: error.field || t("its content") }),
    buttons: [["new", t("Not paid: make it a new sale")], ["drop", t("It is paid: empty the basket")], ["look", t("Look at the receipt"), "btn-main"]],
  });
  if (answer === "look") location.assign(error.body.number ? `/receipts/${encodeURIComponent(error.body.number)}` : "/receipts");
  else if (answer === "drop") {
    startAfresh();
    show("sell");
  } else if (answer === "new") {
    state.basket.id = uuid7();
    changed();
  }
}
