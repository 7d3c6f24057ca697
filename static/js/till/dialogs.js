// Dialogs on the browser's own <dialog>: focus stays inside, Escape closes, scans wait until it is closed.
import { t } from "../language.js";
import { byId, h, put } from "./dom.js";

const entries = new Map(); // dialog -> what takes typed figures while it is open
const scans = new Map(); // dialog -> what takes a scan while it is open; without one, scans wait
const closed = new Set();
const told = new Map(); // dialog -> tells at once that it was closed, when nobody was told yet

/** Open a dialog. `type(text)` takes what is typed outside its fields and answers how to take it back; `scan(code)` takes scans. */
export function openDialog(dialog, type = () => {}, scan = null) {
  if (dialog.open) return;
  told.get(dialog)?.();
  entries.set(dialog, type);
  if (scan) scans.set(dialog, scan);
  dialog.showModal();
}

/** The topmost open dialog, or null. */
export const openedDialog = () => [...document.querySelectorAll("dialog[open]")].at(-1) ?? null;

export const typeInto = (dialog, text) => entries.get(dialog)?.(text);

/** A scan for the dialog that is open; answers whether it took it. */
export function scanInto(dialog, code) {
  const take = scans.get(dialog);
  take?.(code);
  return take !== undefined;
}

/** Be told whenever a dialog has closed. */
export function whenClosed(listener) {
  closed.add(listener);
}

export function startDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    tellAtOnce(dialog);
    dialog.addEventListener("close", () => {
      entries.delete(dialog);
      scans.delete(dialog);
      for (const listener of closed) listener(dialog);
    });
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close("cancel"));
  }
}

// A browser tells that a dialog was closed in a task of its own. A quick key may have opened it again by then, and old
// news would take the typing away from the new dialog: so it is told before the next key, and the browser's is left out.
function tellAtOnce(dialog) {
  let was = dialog.open;
  const tell = () => {
    const closing = was && !dialog.open;
    was = dialog.open;
    if (closing) dialog.dispatchEvent(new Event("close"));
  };
  told.set(dialog, tell);
  new MutationObserver(tell).observe(dialog, { attributeFilter: ["open"] });
  dialog.addEventListener("close", (event) => {
    if (!event.isTrusted) return;
    event.stopImmediatePropagation();
    tell();
  });
}

/** Ask one question. buttons: [value, text, css]. Answers the value pressed; Escape answers "". */
export function askPerson({ title, words, facts = [], buttons }) {
  const dialog = byId("dlg-ask");
  put(byId("dlg-ask-title"), title);
  put(byId("ask-words"), words);
  byId("ask-facts").replaceChildren(...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, h("bdi", {}, value))]));
  byId("ask-buttons").replaceChildren(...buttons.map(([value, text, css]) => h("button", { type: "button", class: `btn ${css ?? ""}`, onclick: () => dialog.close(value) }, text)));
  dialog.returnValue = "";
  openDialog(dialog);
  byId("ask-buttons").lastElementChild.focus();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue), { once: true }));
}

/**
 * Ask for one figure (price, weight). Answers its text, or null when cancelled. check(entry): the problem with it, or "";
 * it may ask the server. other: { text, value }, a button that answers the value at once.
 */
export function askFigure({ title, what, hint, entry, shown, check, button = t("Add to basket"), other = null }) {
  const dialog = byId("dlg-figure");
  const paint = () => put(byId("figure-typed"), shown(entry));
  const press = (key) => {
    entry.press(key);
    put(byId("figure-problem"), "");
    paint();
  };
  put(byId("dlg-figure-title"), title);
  put(byId("figure-what"), what);
  put(byId("figure-hint"), hint);
  put(byId("figure-go"), button);
  byId("figure-other").hidden = other === null;
  put(byId("figure-other"), other?.text);
  put(byId("figure-problem"), "");
  paint();
  const pad = dialog.querySelector(".pad");
  const tap = (event) => event.target.closest("[data-pad]") && press(event.target.closest("[data-pad]").dataset.pad);
  const keys = (event) => erasing(event) && press("erase");
  const form = dialog.querySelector("form");
  let answer = null;
  let busy = false;
  const finish = (value) => {
    answer = value;
    dialog.close("ok");
  };
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const value = entry.value();
    const problem = await check(entry);
    busy = false;
    put(byId("figure-problem"), problem);
    if (!problem && dialog.open) finish(value);
  };
  const pickOther = () => finish(other.value);
  byId("figure-other").addEventListener("click", pickOther);
  pad.addEventListener("click", tap);
  dialog.addEventListener("keydown", keys);
  form.addEventListener("submit", submit);
  openDialog(dialog, (text) => typing(entry, text, paint));
  form.querySelector("[type=submit]").focus();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      pad.removeEventListener("click", tap);
      dialog.removeEventListener("keydown", keys);
      form.removeEventListener("submit", submit);
      byId("figure-other").removeEventListener("click", pickOther);
      done(answer);
    }, { once: true });
  });
}

/** Type a text into an entry; answers a function that takes it back. */
export function typing(entry, text, paint) {
  const before = entry.text;
  for (const character of text) entry.press(character);
  paint();
  return () => {
    entry.text = before;
    paint();
  };
}

/** Backspace and Delete outside a text field take the last digit off. */
export const erasing = (event) => (event.key === "Backspace" || event.key === "Delete") && !["INPUT", "TEXTAREA"].includes(event.target.tagName);
