// Lines and pieces taken off before pay, for the audit and the Z: kept in this browser until the server has them, each
// with an id of its own, so that a lost answer or a second window counts once. Nothing ever waits for it.
import { NoAnswer, Refused, post } from "./api.js";
import { isCurrent, on, state } from "./state.js";
import { uuid7 } from "./uuid.js";

const KEPT = "tillkeep.takenoff";
const REFUSED = "tillkeep.takenoff.refused"; // what the server will not have; kept to be looked at, it blocks nothing
const PUT_BACK_MS = 10000; // a line put back within this was never off
const AGAIN_MS = 15000;
const TOGETHER_MAX = 100;

let running = false;
let timer = 0;

/** Send what an earlier page left; from now on what is taken off follows by itself. */
export function startTakenOff() {
  on("view", flush);
  on("locked", flush);
  flush();
}

/** A whole line. Answers the id to forget it by. Codes nobody knew and goods that come back were never sold here. */
export function lineOff(line) {
  const priced = state.priced?.byLine.get(line.line);
  return keep(line, line.qty, priced && isCurrent() ? { amount: priced.amount } : unitOf(priced), PUT_BACK_MS);
}

/** Some pieces of a line that stays. */
export function piecesOff(line, qty) {
  keep(line, qty, unitOf(state.priced?.byLine.get(line.line)), 0);
}

/** It was put back before anybody was told. */
export function forget(id) {
  if (id) write(read().filter((one) => one.id !== id || one.asked));
}

const unitOf = (priced) => (priced?.unit ? { unit: priced.unit } : {});

function keep(line, qty, worth, wait) {
  if (line.unknown || line.qty.startsWith("-")) return "";
  const id = uuid7();
  const one = { id, basket: state.basket.id, line: line.line, item_code: line.item_code, item_name: line.shown?.name ?? "", qty, ...worth };
  write([...read(), { ...one, due: Date.now() + wait }]);
  if (wait) arm(wait);
  else flush();
  return id;
}

function arm(wait) {
  clearTimeout(timer);
  timer = setTimeout(flush, wait);
}

/** Send everything now, put back or not: something else was added, the basket is paid, held, or left to somebody else. */
export async function flush() {
  clearTimeout(timer);
  if (running || state.locked || !state.session?.user || !read().length) return;
  running = true;
  try {
    while (read().length) await send(read().slice(0, TOGETHER_MAX));
  } catch (error) {
    if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
    arm(AGAIN_MS); // not signed in, locked, or no answer: they wait here
  } finally {
    running = false;
  }
}

async function send(some) {
  const ids = new Set(some.map((one) => one.id));
  write(read().map((one) => (ids.has(one.id) ? { ...one, asked: true } : one))); // it may have arrived: not to be forgotten now
  try {
    await post("/api/void-line", { lines: some.map(({ due, asked, ...line }) => line) });
  } catch (error) {
    if (!(error instanceof Refused) || ![400, 422].includes(error.status)) throw error;
    if (some.length > 1) return void (await send(some.slice(0, 1)));
    localStorage.setItem(REFUSED, JSON.stringify([...stored(REFUSED), ...some].slice(-TOGETHER_MAX)));
  }
  write(read().filter((one) => !ids.has(one.id)));
  return undefined;
}

const read = () => stored(KEPT);

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "[]");
  } catch {
    return []; // damaged by something else in this browser; a sale does not stop for it
  }
}

function write(lines) {
  if (lines.length) localStorage.setItem(KEPT, JSON.stringify(lines));
  else localStorage.removeItem(KEPT);
}
