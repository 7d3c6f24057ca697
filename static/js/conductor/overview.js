// The dashboard: start with a choice of types, cancel once, follow the session that runs, test the connection.
import { act, byId, company, disable, isDisabled, post, put, say, t } from "./frame.js";

const CHOSEN = `tillkeep.conductor.objects.${company}`;
const form = byId("start");
const boxes = () => [...form.querySelectorAll('[name="object"]:not(:disabled)')];
const panel = () => byId("panel");

let again = false;

/** The panel as it stands from now on: an answer that is still under way may be older than what was just done, so it is
    asked for once more after that one. */
function look() {
  again = panel().classList.contains("htmx-request");
  if (!again) window.htmx.trigger(document.body, "look");
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (again && event.detail.elt.id === "panel") setTimeout(look);
});

// -- which types: as they were chosen the last time ----------------------------------------------------------------------

const kept = JSON.parse(localStorage.getItem(CHOSEN) ?? "null");
if (kept) for (const box of boxes()) box.checked = kept.includes(box.value);

function keep() {
  localStorage.setItem(CHOSEN, JSON.stringify(boxes().filter((box) => box.checked).map((box) => box.value)));
}

form.addEventListener("change", keep);
byId("choose-every").addEventListener("click", () => {
  for (const box of boxes()) box.checked = true;
  keep();
});

// -- start and cancel ----------------------------------------------------------------------------------------------------

let key = crypto.randomUUID(); // of the session to be started: pressed again after no answer it is the same one

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const objects = boxes().filter((box) => box.checked).map((box) => box.value);
  if (!objects.length) return put(byId("start-problem"), t("Choose at least one type."));
  const went = await act(byId("start-go"), byId("start-problem"), () => post("/api/conductor/sync", { objects, id: key, company }, 20000));
  if (went) {
    key = crypto.randomUUID();
    disable(byId("start-go"), true); // until the panel says that nothing runs any more
    say(t("The session was started."));
  }
  return look();
});

const sure = byId("sure");

document.addEventListener("click", (event) => {
  const button = event.target.closest("#cancel");
  if (!button || isDisabled(button)) return;
  sure.dataset.session = button.dataset.session;
  sure.returnValue = "no";
  sure.showModal();
});

sure.addEventListener("close", async () => {
  const button = byId("cancel");
  if (sure.returnValue !== "yes" || !button) return;
  const session = Number(sure.dataset.session);
  await act(button, byId("cancel-problem"), async () => {
    await post("/api/conductor/sync/cancel", { session, company }, 20000);
    say(t("It stops at a safe point."));
  });
  look();
});

// -- what the panel says -------------------------------------------------------------------------------------------------

let before = panel().dataset.status;

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "panel") return;
  const { running, status } = panel().dataset;
  disable(byId("start-go"), Boolean(running) || !("ready" in form.dataset));
  if (before !== status) {
    say(byId("status")?.textContent.trim() ?? "");
    if (before && !running) window.htmx.trigger(document.body, "ended"); // the last good session may be another now
  }
  before = status;
});

document.addEventListener("visibilitychange", () => document.hidden || look());
