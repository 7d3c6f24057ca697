// Asks the server what the basket costs. One question at a time, always about the newest basket; an old answer is dropped.
import { t } from "../language.js";
import { NoAnswer, Refused, post } from "./api.js";
import { say } from "./a11y.js";
import { needsSecond } from "./approve.js";
import { pause } from "./dom.js";
import { basketInputs, isCurrent, on, state, tell } from "./state.js";
import { noAnswer } from "./status.js";

let asked = ""; // the inputs of the last question, answered or not
let running = null;
let listeners = [];

export function watchBasket() {
  on("basket", reprice);
}

function reprice() {
  if (state.sending) return;
  const inputs = basketInputs();
  if (!inputs.lines.length) {
    if (asked) clearDisplay();
    asked = "";
    state.priced = null;
    state.pricing = false;
    state.problems.clear();
    state.needs = null;
    tell("priced");
    return;
  }
  if (JSON.stringify(inputs) === asked && !state.pricing) return;
  state.pricing = true;
  running ??= run().finally(() => {
    running = null;
  });
}

/** The customer's screen shows what was priced last; a basket that was emptied is priced no more. */
async function clearDisplay() {
  try {
    await post("/api/display", { state: "idle" });
  } catch (error) {
    if (!(error instanceof NoAnswer || error instanceof Refused)) throw error; // the next basket is shown anyway
  }
}

/** Ask again although nothing changed here: prices changed, or the total differed. */
export function repriceNow() {
  asked = "";
  reprice();
}

async function run() {
  for (;;) {
    const inputs = basketInputs();
    const question = JSON.stringify(inputs);
    if (!inputs.lines.length || question === asked) break;
    asked = question;
    const going = await ask(inputs);
    if (!going) asked = ""; // nobody knows; the same question again
  }
  state.pricing = false;
  tell("priced");
  for (const done of listeners.splice(0)) done();
}

async function ask(inputs) {
  try {
    const priced = await post("/api/price", inputs);
    noAnswer("");
    take(inputs, priced);
  } catch (error) {
    if (error instanceof NoAnswer) {
      noAnswer(t("The till server does not answer. Trying again; the basket is kept."));
      await pause(1000);
      return false;
    }
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) return true;
    refuse(inputs, error);
  }
  return true;
}

function take(inputs, priced) {
  const known = new Set(state.basket.lines.map((line) => line.line));
  if (!inputs.lines.some(({ line }) => known.has(line))) return; // another sale by now
  state.problems.clear();
  state.needs = null;
  state.priced = { ...priced, byLine: new Map(priced.lines.map((line) => [line.line, line])), asked: JSON.stringify(inputs) };
  if (isCurrent()) {
    state.pricing = false;
    say(t("Total {amount}", { amount: priced.total_text }));
  }
  tell("priced");
}

function refuse(inputs, error) {
  const [, id] = /^lines\.([^.]+)/.exec(error.field) ?? [];
  state.problems.clear();
  state.problems.set(inputs.lines.some((one) => one.line === id) ? id : "", error.message);
  state.needs = needsSecond(error) ? error : null;
  tell("priced");
  if (state.needs) tell("needs");
}

/** Resolves when the present basket is priced (or the server refused it). */
export function settled() {
  return running ? new Promise((done) => listeners.push(done)) : Promise.resolve();
}

/** What the basket would cost with these inputs instead; for the discount dialog. Raises Refused or NoAnswer. */
export const wouldCost = (inputs) => post("/api/price", { ...inputs, preview: true });
