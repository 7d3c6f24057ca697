// Function keys: which key does what, shown on the buttons and in the list on "?". Never Alt with a letter, F5 or F11.
import { t } from "../language.js";
import { openDialog, openedDialog } from "./dialogs.js";
import { byId, h } from "./dom.js";
import { state } from "./state.js";

const WORDS = { search: t("Search items"), hold: t("Hold the basket; held baskets"), give_back: t("Goods that come back"), discount: t("Discount"), quantity: t("Quantity of the line"), remove: t("Take the line off"), note: t("Note on the line"), price: t("Another price for the line"), voucher: t("Gift voucher"), bag: t("Carrier bag"), pay: t("Pay"), lock: t("Lock the till") };

/** Write the configured keys onto the buttons. */
export function paintKeys() {
  const { keys } = state.session;
  for (const place of document.querySelectorAll(".key[data-key], .key [data-key]")) place.textContent = keys[place.dataset.key] ?? "";
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
  const moving = [[t("Choose a line"), "↑ ↓"], [t("One more, one less"), "+ −"], [t("More items, back"), "PgDn PgUp"], [t("From search to the tiles"), "↓"], [t("Add the tile"), "Enter"], [t("This list"), "?"]];
  const paying = [[t("Kinds of payment"), modes?.length ? "F1 F2 …" : ""], [t("Take, finish"), "Enter"], [t("Reference of a card, code of a voucher"), keys.note], [t("Back to the basket"), "Esc"]];
  const after = [[t("New sale"), "Enter"], [t("Print receipt"), keys.note], [t("Show receipt"), keys.remove], [t("Print voucher"), keys.discount], [t("Print what is left"), keys.quantity]];
  byId("keys-list").replaceChildren(block(t("Sell"), sell), block(t("Moving about"), moving), block(t("Pay"), paying), block(t("After the sale"), after));
  openDialog(byId("dlg-keys"));
}

const block = (title, rows) => h("section", {}, h("h3", { class: "lbl" }, title), h("dl", { class: "keylist" }, rows.map(([words, key]) => h("div", {}, h("dt", {}, words), h("dd", {}, h("span", { class: "key" }, key))))));
