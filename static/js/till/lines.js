// What can be done to the lines of the basket. Quantities are exact texts; amounts come from the server alone.
import { t } from "../language.js";
import { say } from "./a11y.js";
import { plus, oneLess } from "./quantity.js";
import { changed, choose, keep, lineOf, startAfresh, state, tell } from "./state.js";
import { flush, forget, lineOff, piecesOff } from "./takenoff.js";
import { uuid7 } from "./uuid.js";

let removed = null; // the last line taken off, and where it stood

/** Add what a scan or a tile found. The same item again counts up its line when price, discount and note are the same. */
export function addItem(tile, inputs) {
  const shown = { name: tile.name, detail: tile.detail, unit_text: tile.price_text, uom: tile.uom, weighed: tile.weighed, places_text: placesOf(tile) };
  const line = { line: uuid7(), item_code: inputs.item_code ?? tile.code, qty: inputs.qty ?? "1", barcode: inputs.barcode ?? "",
    price: inputs.price ?? null, price_source: inputs.price_source ?? "list", discount: null, note: "", return_against: null, shown };
  forgetRemoved();
  if (state.finding && replaceUnknown(line)) return line.line;
  const same = state.basket.lines.findLast((other) => isSame(other, line));
  if (same) {
    same.qty = plus(same.qty, line.qty);
    state.chosen = same.line;
  } else {
    state.basket.lines.push(line);
    state.chosen = line.line;
  }
  changed();
  tell("chosen");
  say(same ? `${same.qty} ${tile.name}` : t("{name} added, {price}", { name: tile.name, price: tile.price_text }));
  return state.chosen;
}

/** A gift voucher: one more line, beside the goods. */
export function addVoucher(line, { name, unit_text }) {
  forgetRemoved();
  state.basket.lines.push({ ...line, shown: { name, detail: "", unit_text, uom: "", weighed: false } });
  state.chosen = line.line;
  changed();
  tell("chosen");
  say(t("{name} added, {price}", { name, price: unit_text }));
}

/** What is here and in other places, as it was known when the item was taken: "3 here, 2 in Ludford, as of 14:32". */
const placesOf = (tile) => (tile.elsewhere_text ? [tile.stock_text, tile.elsewhere_text, tile.told_text].filter(Boolean).join(", ") : "");

function isSame(other, line) {
  // A label with a price or a weight is a piece of its own: its barcode vouches for that one line.
  if (other.unknown || line.shown.weighed || line.price_source === "barcode" || line.qty !== "1") return false;
  return other.item_code === line.item_code && other.price === line.price
    && !other.voucher && other.price_source === line.price_source && other.discount === null && other.note === "" && other.return_against === null && !isBack(other);
}

function replaceUnknown(line) {
  const at = state.basket.lines.findIndex((other) => other.line === state.finding);
  state.finding = null;
  tell("finding");
  if (at < 0) return false;
  state.basket.lines[at] = line;
  state.chosen = line.line;
  changed();
  tell("chosen");
  say(t("{name} in place of the unknown code", { name: line.shown.name }));
  return true;
}

/** A code nobody knows: a red line to settle later. Scanning goes on. */
export function addUnknown(code, why = "") {
  const line = { line: uuid7(), unknown: true, code, why, item_code: "", qty: "1", barcode: code };
  state.basket.lines.push(line);
  state.chosen = line.line;
  forgetRemoved();
  changed();
  tell("chosen");
}

/** Whether the line gives goods back. Its pieces were chosen on the receipt; to change them, return again. */
export const isBack = (line) => line.qty.startsWith("-");

/** Whether its quantity stays as it is: goods that come back, and each voucher a line of its own. */
export const isFixed = (line) => isBack(line) || Boolean(line.voucher);

export function setQuantity(id, qty) {
  const line = lineOf(id);
  if (!line || line.unknown || isFixed(line) || line.qty === qty) return;
  line.qty = qty;
  changed();
}

/** One more or one less of a line; the last one stays until it is taken off. */
export function step(id, up) {
  const line = lineOf(id);
  if (!line || line.unknown || isFixed(line)) return;
  const qty = up ? plus(line.qty, "1") : oneLess(line.qty);
  if (qty === null) return;
  if (!up) piecesOff(line, "1");
  setQuantity(id, qty);
}

export function setDiscount(id, discount) {
  if (id === null) state.basket.discount = discount;
  else lineOf(id).discount = discount;
  changed();
}

/** Another unit price, or "" for the shelf's again. */
export function setPrice(id, price) {
  Object.assign(lineOf(id), price ? { price, price_source: "typed" } : { price: null, price_source: "list" });
  changed();
}

export function setNote(id, note) {
  lineOf(id).note = note;
  changed();
}

/** Take a line off. It can be put back until something else is added. */
export function takeOff(id) {
  const { lines } = state.basket;
  const at = lines.findIndex((line) => line.line === id);
  if (at < 0) return;
  const told = lineOff(lines[at]);
  const [line] = lines.splice(at, 1);
  removed = { basket: state.basket.id, line, at, told, discount: lines.length ? null : state.basket.discount };
  if (state.finding === id) {
    state.finding = null;
    tell("finding");
  }
  if (!lines.length) state.basket.discount = null;
  state.chosen = (lines[at] ?? lines[at - 1])?.line ?? null;
  changed();
  tell("chosen");
  say(t("{name} taken off", { name: nameOf(line) }));
}

/** Give the whole basket up: nothing of it is sold, and everything in it counts as taken off. */
export function emptyBasket() {
  for (const line of state.basket.lines) lineOff(line);
  startAfresh();
  forgetRemoved();
  tell("chosen");
  say(t("Basket emptied"));
}

/** Something else was done: what was taken off stays off. */
function forgetRemoved() {
  removed = null;
  flush();
}

/** The line taken off last, as long as it can be put back. */
export const lastRemoved = () => (removed?.basket === state.basket.id ? removed : null);
export const nameOf = (line) => (line.unknown ? t("Code {code}", { code: line.code }) : line.shown?.name || line.item_code);

export function putBack() {
  if (!lastRemoved()) return;
  const { line, at, told, discount } = removed;
  removed = null;
  forget(told);
  state.basket.lines.splice(at, 0, line);
  state.basket.discount ??= discount;
  state.chosen = line.line;
  changed();
  tell("chosen");
  say(t("{name} put back", { name: nameOf(line) }));
}

/** Choose the line above (-1) or below (1). */
export function chooseNext(by) {
  const { lines } = state.basket;
  if (!lines.length) return;
  const at = lines.findIndex((line) => line.line === state.chosen);
  const next = lines[Math.min(Math.max(at + by, 0), lines.length - 1)];
  choose(next.line);
  say(t("Line {number}, {name}, {quantity}", { number: lines.indexOf(next) + 1, name: nameOf(next), quantity: next.qty }));
}

/** Names and texts the server priced with are kept beside the inputs, so that a reload paints at once. */
export function rememberShown(id, shown) {
  const line = lineOf(id);
  if (!line || line.unknown) return;
  line.shown = { ...line.shown, ...shown };
  keep();
}
