// Reconciliation: ask for another look and wait for it; settle a difference with a reason. The agent compares, not the page.
import { t } from "../language.js";
import { say } from "../till/a11y.js";
import { NoAnswer, Refused, get, post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { session } from "./frame.js";

const LOOK_MS = 1000;
const LOOKS_MAX = 90;
const main = byId("reconcile");
const { scope, name } = main.dataset;

const words = (error) => (error instanceof Refused ? error.message : t("The till server does not answer. Try again."));
const known = (error) => error instanceof Refused || error instanceof NoAnswer;

/** How many looks somebody asked for are still to come. */
async function left() {
  if (!scope) return (await get("/api/reconciliations")).wanted;
  const found = await get(`/api/reconciliations/${scope}/${encodeURIComponent(name)}`);
  return found.legs.filter((leg) => leg.wanted).length;
}

async function waitForIt() {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    try {
      if (!(await left())) return location.reload();
    } catch (error) {
      if (!known(error)) throw error;
    }
  }
  put(byId("run-said"), t("It takes longer than usual. It goes on by itself; look again later."));
  return disable(byId("run"), false);
}

async function run() {
  if (isDisabled(byId("run"))) return;
  disable(byId("run"), true);
  put(byId("run-problem"), "");
  try {
    await post("/api/reconciliations/run", scope ? { scope, name } : {});
  } catch (error) {
    if (!known(error)) throw error;
    put(byId("run-problem"), words(error));
    return void disable(byId("run"), false);
  }
  put(byId("run-said"), t("Being compared…"));
  await waitForIt();
}

async function settle(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const row = form.closest("[data-n]");
  const problem = form.querySelector(".problem");
  put(problem, "");
  try {
    await post(`/api/reconciliations/items/${row.dataset.n}/settle`, { reason: form.elements.reason.value });
  } catch (error) {
    if (!known(error)) throw error;
    put(problem, words(error));
    return form.elements.reason.focus();
  }
  say(t("Settled."));
  return location.reload();
}

if (await session) {
  byId("run").addEventListener("click", run);
  for (const form of document.querySelectorAll(".settle")) form.addEventListener("submit", settle);
}
