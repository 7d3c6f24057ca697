// Function keys: which key does what, shown on the buttons and in the list on "?". Never Alt with a letter, F5 or F11.
import { openDialog, openedDialog } from "./dialogs.js";
import { byId, h } from "./dom.js";
import { state } from "./state.js";

const WORDS = { search: "Search items", hold: "Hold the basket; held baskets", give_back: "Goods that come back", discount: "Discount", quantity: "Quantity of the line", remove: "Take the line off", note: "Note on the line", price: "Another price for the line", voucher: "Gift voucher", bag: "Carrier bag", pay: "Pay", lock: "Lock the till" };

/** Write the configured keys onto the buttons. */
export function paintKeys() {
  const { keys } = state.session;
  for (const place of document.querySelectorAll("[data-key]")) place.textContent = keys[place.dataset.key] ?? "";
}

/** The action a pressed key stands for on the sell view, or "". */
export function actionOf(key) {
  return Object.entries(state.session?.keys ?? {}).find(([, configured]) => configured === key)?.[0] ?? "";
}

export const isFunctionKey = (key) => /^F([1-9]|1[0-2])$/.test(key) && key !== "F5" && key !== "F11";

export function openKeys() {
  if (openedDialog() || !state.session) return;
  const { keys, modes } = state.session;
  const sell = Object.entries(WORDS).filter(([name]) => keys[name]).map(([name, words]) => [words, keys[name]]);
  const moving = [["Choose a line", "↑ ↓"], ["One more, one less", "+ −"], ["More items, back", "PgDn PgUp"], ["From search to the tiles", "↓"], ["Add the tile", "Enter"], ["This list", "?"]];
  const paying = [["Kinds of payment", modes?.length ? "F1 F2 …" : ""], ["Take, finish", "Enter"], ["Reference of a card", keys.note], ["Back to the basket", "Esc"]];
  const after = [["New sale", "Enter"], ["Print receipt", keys.note], ["Show receipt", keys.remove]];
  byId("keys-list").replaceChildren(block("Sell", sell), block("Moving about", moving), block("Pay", paying), block("After the sale", after));
  openDialog(byId("dlg-keys"));
}

const block = (title, rows) => h("section", {}, h("h3", { class: "lbl" }, title), h("dl", { class: "keylist" }, rows.map(([words, key]) => h("div", {}, h("dt", {}, words), h("dd", {}, h("span", { class: "key" }, key))))));
