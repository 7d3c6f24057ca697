// Scans, in the order they came, none dropped. Codes wait here while a dialog is open or a sale is being saved.
import { t, tn } from "../language.js";
import { NoAnswer, Refused, get, withQuery } from "./api.js";
import { say, sayNow } from "./a11y.js";
import { byId, h, icon, pause } from "./dom.js";
import { openedDialog, whenClosed } from "./dialogs.js";
import { addUnknown } from "./lines.js";
import * as sound from "./sound.js";
import { keep, on, show, state } from "./state.js";
import { noAnswer } from "./status.js";

const AHEAD_MAX = 4; // lookups on their way at once
const SLOW_MS = 700; // after this a cashier looks up
const TRIES_MAX = 3; // of a lookup the server failed at; without an answer it is asked on and on

const VOUCHER = /^GV-\d{6}-[A-Z0-9]{4,}$/i; // a code made by a till of this kind
const RECEIPT = /^[A-Z][A-Z0-9]{0,9}-\d{4,}$/i;

let running = false;
let wake = () => {};
let take = async () => {};
const asked = []; // { code, answer }: promises for the first codes of state.basket.pending

/** taken(found): put what a code stands for into the basket; resolves when that is done, dialogs included. */
export function startQueue(taken) {
  take = taken;
  whenClosed(() => wake());
  on("view", () => wake());
  on("sending", () => wake());
  on("locked", () => wake());
  run();
}

/** A scan came in. */
export function queueScan(code) {
  if (state.view === "change") state.nextSale?.();
  state.basket.pending.push(code);
  keep();
  if (isHeld()) {
    sound.held();
    say(tn("{n} scan waits until this is closed", "{n} scans wait until this is closed", state.basket.pending.length));
  }
  paintWaiting();
  run();
}

const isHeld = () => openedDialog() !== null || state.sending || state.locked;

async function run() {
  if (running) return;
  running = true;
  try {
    while (state.basket.pending.length) {
      askAhead();
      const found = await asked[0].answer;
      while (isHeld() || (found.item && !found.line && state.view === "matrix")) {
        paintWaiting();
        await new Promise((done) => {
          wake = done;
        });
      }
      if (found.unknown) putUnknown(found);
      else await take(found);
      asked.shift();
      state.basket.pending.shift();
      keep();
      paintWaiting();
    }
  } finally {
    running = false;
  }
}

function askAhead() {
  const { pending } = state.basket;
  for (let at = asked.length; at < Math.min(AHEAD_MAX, pending.length); at += 1) asked.push({ code: pending[at], answer: lookUp(pending[at]) });
}

/** What a code stands for: { item, line }, { voucher } or { receipt }; Refused when nobody knows it. */
async function whatIs(code) {
  if (VOUCHER.test(code)) return { voucher: code };
  try {
    return await get(withQuery("/api/lookup-barcode", { code }));
  } catch (error) {
    const found = error instanceof Refused && error.status === 404 && ((await isVoucher(code)) ? { voucher: code } : await asReceipt(code));
    if (found) return found;
    throw error;
  }
}

async function isVoucher(code) {
  try {
    return Boolean(await get(`/api/vouchers/${encodeURIComponent(code)}`));
  } catch (error) {
    if (error instanceof Refused && error.status < 500) return false;
    throw error;
  }
}

/** The number on a receipt, of this till or of another one: its goods come back. */
async function asReceipt(code) {
  if (!RECEIPT.test(code)) return null;
  try {
    return { receipt: (await get(withQuery("/api/receipts/find", { code }))).receipt.number };
  } catch (error) {
    if (error instanceof Refused && error.status < 500) return error.code === "not_known_here" ? { receipt: code } : null;
    throw error;
  }
}

/** What a code stands for, with the code; or { unknown: true, code }. Asks until there is an answer. */
async function lookUp(code) {
  for (let tries = 1; ; tries += 1) {
    const slow = setTimeout(() => noAnswer(t("The till server is slow just now. The scans are kept and follow in order.")), SLOW_MS);
    try {
      const found = await whatIs(code);
      noAnswer("");
      return { ...found, code };
    } catch (error) {
      const final = error instanceof Refused && error.status !== 401 && (error.status < 500 || tries === TRIES_MAX);
      if (final) return { unknown: true, code, why: error.status === 404 ? "" : error.message };
      if (error instanceof NoAnswer) noAnswer(t("The till server does not answer. Scans are kept and looked up when it does."));
      else if (!(error instanceof Refused)) throw error;
      await pause(1000);
    } finally {
      clearTimeout(slow);
    }
  }
}

/** A code typed by hand: answers whether it was one. */
export async function tryCode(code) {
  try {
    await take({ ...(await whatIs(code)), code });
    return true;
  } catch (error) {
    if (error instanceof Refused || error instanceof NoAnswer) return false;
    throw error;
  }
}

function putUnknown({ code, why }) {
  sound.unknown();
  addUnknown(code, why);
  if (state.view === "pay") show("sell");
  sayNow(t("Code {code} is not known. The line is marked. You can scan on.", { code }));
}

/** Says how many scans wait, where a dialog hides the basket. */
function paintWaiting() {
  document.querySelector(".scans-wait")?.remove();
  const dialog = openedDialog();
  const count = state.basket.pending.length;
  if (!dialog || !count) return;
  dialog.append(h("p", { class: "scans-wait", role: "status" }, icon("scan"), tn("{n} scan waits and follows when this is closed.", "{n} scans wait and follow when this is closed.", count)));
}

/** Whether nothing waits; for leaving the page. */
export const isQuiet = () => !running && state.basket.pending.length === 0 && byId("till") !== null;
