// The keypad of the sell view: the quantity of the chosen line, applied while it is typed.
import { byId, put } from "./dom.js";
import { typing } from "./dialogs.js";
import { Entry } from "./entry.js";
import { isBack, nameOf, setQuantity } from "./lines.js";
import { isQuantity } from "./quantity.js";
import { chosenLine, on, state } from "./state.js";

const TOGETHER_MS = 2500; // digits typed within this time are one figure
const DIGITS_MAX = 5;

let entry = new Entry("decimal", 0, DIGITS_MAX);
let line = null;
let active = false; // the quantity key was pressed: digits of the keyboard come here, too
let timer = 0;

export function startPad() {
  const side = byId("entry").closest(".side");
  side.querySelector(".pad").addEventListener("click", (event) => {
    const key = event.target.closest("[data-pad]")?.dataset.pad;
    if (key) press(key);
  });
  for (const topic of ["chosen", "basket", "view"]) on(topic, follow);
  follow();
}

/** The quantity key: the keyboard's digits now set the chosen line's quantity. */
export function startQuantity() {
  const chosen = chosenLine();
  if (!chosen || chosen.unknown || isBack(chosen)) return;
  anew(chosen);
  active = true;
  document.activeElement?.blur?.();
  paint();
}

export const isTypingQuantity = () => active;

export function endQuantity() {
  active = false;
  anew(chosenLine());
  paint();
}

/** Digits typed on the keyboard while the quantity is being typed. */
export function typeQuantity(text) {
  const id = line?.line;
  const before = line?.qty;
  const undo = typing(entry, text, apply);
  return () => {
    undo();
    if (id && before) setQuantity(id, before);
  };
}

export function press(key) {
  const chosen = chosenLine();
  if (!chosen || chosen.unknown || isBack(chosen)) return;
  if (chosen !== line) anew(chosen);
  if (entry.press(key)) apply();
}

function apply() {
  clearTimeout(timer);
  timer = setTimeout(() => anew(line), TOGETHER_MS);
  const value = entry.value();
  if (line && isQuantity(value)) setQuantity(line.line, value);
  paint();
}

function anew(chosen) {
  clearTimeout(timer);
  line = chosen;
  entry = new Entry("decimal", chosen?.shown?.weighed ? 3 : 0, DIGITS_MAX);
}

function follow() {
  const chosen = chosenLine();
  if (chosen !== line || state.view !== "sell") {
    active = false;
    anew(chosen);
  } else if (entry.text && isQuantity(entry.value()) && chosen && chosen.qty !== entry.value()) {
    anew(chosen); // a scan counted the line up: what was typed is done with
  }
  paint();
}

function paint() {
  const chosen = chosenLine();
  const at = state.basket.lines.indexOf(chosen);
  byId("entry").classList.toggle("is-on", active);
  document.querySelector('[data-act="quantity"]').classList.toggle("is-on", active);
  put(byId("entry-what"), chosen ? (chosen.unknown ? "This code is no item yet" : `Quantity of line ${at + 1}: ${nameOf(chosen)}`) : "No line chosen");
  put(byId("entry-value"), chosen && !chosen.unknown ? entry.text || chosen.qty : "–");
}
