// The keypad of the sell view: the quantity of the chosen line, applied while it is typed.
import { t } from "../language.js";
import { byId, put } from "./dom.js";
import { typing } from "./dialogs.js";
import { Entry } from "./entry.js";
import { isFixed, nameOf, setQuantity, takeOff } from "./lines.js";
import { isQuantity, shortBy } from "./quantity.js";
import { chosenLine, on, state } from "./state.js";
import { piecesOff } from "./takenoff.js";

const TOGETHER_MS = 2500; // digits typed within this time are one figure
const DIGITS_MAX = 5;

let entry = new Entry("decimal", 0, DIGITS_MAX);
let line = null;
let active = false; // the quantity key was pressed: digits of the keyboard come here, too
let timer = 0;
let stood = ""; // the quantity that is being typed over
let became = ""; // what the typing made of it so far

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
  if (!chosen || chosen.unknown || isFixed(chosen)) return;
  anew(chosen);
  active = true;
  document.activeElement?.blur?.();
  paint();
}

export const isTypingQuantity = () => active;

export function endQuantity() {
  active = false;
  done();
}

/** The figure is complete. Nothing of it means that the line goes. */
function done() {
  const gone = line && entry.text && entry.isZero() ? line.line : null;
  anew(chosenLine());
  if (gone) takeOff(gone);
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
  if (!chosen || chosen.unknown || isFixed(chosen)) return;
  if (chosen !== line) anew(chosen);
  if (entry.press(key)) apply();
}

function apply() {
  clearTimeout(timer);
  timer = setTimeout(done, TOGETHER_MS);
  const value = entry.value();
  if (line && isQuantity(value)) {
    stood ||= line.qty;
    became = value;
    setQuantity(line.line, value);
  }
  paint();
}

function anew(chosen) {
  clearTimeout(timer);
  const fewer = line && entry.text ? shortBy(stood, became) : "";
  if (fewer) piecesOff(line, fewer);
  stood = became = "";
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
  put(byId("entry-what"), chosen ? (chosen.unknown ? t("This code is no item yet") : t("Quantity of line {number}: {name}", { number: at + 1, name: nameOf(chosen) })) : t("No line chosen"));
  put(byId("entry-value"), chosen && !chosen.unknown ? entry.text || chosen.qty : "–");
}
