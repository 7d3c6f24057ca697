// Sends what was typed, pressed or scanned to the part of the screen it is for.
import { focusReference } from "./cardfields.js";
import { newSale, receiptAddress } from "./change.js";
import { printKey } from "./salevouchers.js";
import { openedDialog, scanInto, typeInto } from "./dialogs.js";
import { isTextField } from "./dom.js";
import { focusSearch, clearSearch, turnPage } from "./items.js";
import { actionOf, isFunctionKey, openKeys } from "./keys.js";
import { chooseNext, step } from "./lines.js";
import { scannedIntoLock, typeIntoLock } from "./lock.js";
import { addPicked, closeMatrix } from "./matrix.js";
import * as pad from "./pad.js";
import * as pay from "./pay.js";
import { queueScan } from "./scanned.js";
import { state } from "./state.js";

let act = () => {};

/** acting(name): do what a button named so does. */
export function startRouter(acting) {
  act = acting;
  document.addEventListener("keydown", pressed);
  // A touched key of a pad leaves the focus where it was, so that Enter goes on meaning what it meant.
  document.addEventListener("mousedown", (event) => event.target.closest(".pad") && event.preventDefault());
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) act(button.dataset.act);
  });
}

export function scanned(code) {
  const dialog = openedDialog();
  if (state.locked) scannedIntoLock(code);
  else if (!dialog || !scanInto(dialog, code)) queueScan(code);
}

/** Characters a person typed outside a text field. Answers how to take them back. */
export function typed(text) {
  if (state.locked) return typeIntoLock(text);
  const dialog = openedDialog();
  if (dialog) return typeInto(dialog, text);
  if (state.view === "pay") return pay.typeAmount(text);
  if (state.view === "change") newSale();
  if (state.view !== "sell") return undefined;
  return typedOnSell(text);
}

function typedOnSell(text) {
  if (text === "?") return openKeys();
  const [first, ...more] = text;
  if (actionOf(first) && more.every((key) => /[\d.,]/.test(key))) return actOnSign(first, more.join(""));
  if (pad.isTypingQuantity() && /^[\d.,]+$/.test(text)) return pad.typeQuantity(text);
  if (text === "+" || text === "-") return step(state.chosen, text === "+");
  return focusSearch(text);
}

/** A sign that is a key (price, gift voucher), and what was typed right behind it into the dialog it opens. */
function actOnSign(sign, more) {
  act(actionOf(sign));
  const dialog = openedDialog();
  if (!dialog) return undefined;
  if (more) typeInto(dialog, more);
  return () => dialog.close("cancel"); // it was the start of a scan
}

const KEYS_OF_VIEW = { sell: keyOnSell, pay: keyOnPay, change: keyOnChange, matrix: keyOnMatrix };

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (isFunctionKey(event.key)) event.preventDefault(); // none of them may open the browser's own help or search
  if (state.locked || openedDialog() || !state.session) return;
  if (KEYS_OF_VIEW[state.view](event)) event.preventDefault();
}

/** What a new sale may begin with, beside a scan: one key from the change to there. */
const BEGINS = ["search", "give_back", "hold", "voucher", "bag"];

/** Each answers whether the key meant something. */
function keyOnSell(event) {
  const action = actionOf(event.key);
  if (action) {
    act(action);
    return true;
  }
  const inField = isTextField(event.target);
  const keys = {
    PageDown: () => turnPage(1),
    PageUp: () => turnPage(-1),
    ArrowUp: () => !inField && chooseNext(-1),
    ArrowDown: () => !inField && chooseNext(1),
    Escape: () => (pad.isTypingQuantity() ? pad.endQuantity() : state.finding ? clearSearch() : document.activeElement.blur()),
    Backspace: () => pad.isTypingQuantity() && pad.press("erase"),
    Enter: () => pad.isTypingQuantity() && pad.endQuantity(),
  };
  if (!(event.key in keys)) return false;
  return keys[event.key]() !== false;
}

function keyOnPay(event) {
  if (actionOf(event.key) === "lock") act("lock");
  else if (actionOf(event.key) === "note") focusReference();
  else if (actionOf(event.key) === "bag") act("bag");
  else if (event.key === "Escape") pay.closePay();
  else if (event.key === "Enter" && (event.target.tagName !== "BUTTON" || event.target.id === "take")) pay.take();
  else if (event.key === "Backspace" && !isTextField(event.target)) pay.press("erase");
  else return isFunctionKey(event.key) && pay.modeKey(event.key);
  return true;
}

function keyOnChange(event) {
  const action = actionOf(event.key);
  if (action === "lock") act("lock");
  else if (action === "note") location.assign(`${receiptAddress()}?print=1`);
  else if (action === "remove") location.assign(receiptAddress());
  else if (action === "discount" || action === "quantity") return printKey(action);
  else if (event.key === "Enter" && (event.target.tagName === "A" || event.target.dataset.slip)) return false;
  else if (["Enter", "Escape", " "].includes(event.key)) newSale();
  else if (BEGINS.includes(action)) {
    newSale();
    act(action);
  } else return false;
  return true;
}

function keyOnMatrix(event) {
  if (event.key === "Escape") closeMatrix();
  else if (event.key === "Enter" && event.target.tagName !== "BUTTON") addPicked();
  else if (actionOf(event.key) === "lock") act("lock");
  else return false;
  return true;
}
