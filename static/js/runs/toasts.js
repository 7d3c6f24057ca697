// News of runs on every screen of them: finds out which go on and which ended, says so, and raises the events that
// reactivity.js promises. A WebSocket says when to look; while there is none, it looks every few seconds, and only where
// something goes on or somebody looks at the page.
import { t } from "../language.js";
import { Refused, NoAnswer, get, withQuery } from "../till/api.js";
import { h, icon } from "../till/dom.js";
import "../console/frame.js";
import { base, runsUrl } from "./base.js";
import { COMPLETED, STARTED } from "./reactivity.js";

const POLL_MS = 4000;
/** With a WebSocket open a run is still looked at this often: a nudge may be lost. */
const SURE_MS = 30000;
const AGAIN_MS_MAX = 20000;
const STATUS_MAX = 25;
const TOAST_MS = 12000;
const TOASTS_MAX = 4;
const OPEN = ["queued", "running"];
const KNOWN = "tillkeep.runs.known";
const SAID = "tillkeep.runs.said";

// On a narrow screen the row of ways is longer than it: where somebody is, is what they see of it.
const here = document.querySelector(".run-tabs [aria-current]");
if (here) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;

// -- what is known in this window, over its pages -------------------------------------------------------------------------

/** last: the number of the newest run that was told of; open: ids of those that went on at the last look. */
const known = read(KNOWN) ?? { last: Number(document.body.dataset.runsLast), open: [] };

function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

function keep() {
  known.open = [...new Set(known.open)];
  sessionStorage.setItem(KNOWN, JSON.stringify(known));
}

/** A page that shows a run that goes on follows it from the start; one that is over is never followed: no page is loaded again and again for it. */
for (const shown of document.querySelectorAll("[data-run-id]")) {
  if (OPEN.includes(shown.dataset.runStatus)) known.open.push(shown.dataset.runId);
}
keep();

// -- toasts ---------------------------------------------------------------------------------------------------------------

const place = document.getElementById("run-toasts");
const TONES = { succeeded: "check", failed: "warn", cancelled: "close" };

function words(run) {
  if (!run.ended) return t("{company}: {run} has started", { company: run.company, run: run.label });
  if (run.status === "succeeded") return t("{company}: {run} succeeded", { company: run.company, run: run.label });
  if (run.status === "failed") return t("{company}: {run} failed", { company: run.company, run: run.label });
  return t("{company}: {run} was cancelled", { company: run.company, run: run.label });
}

function show(toast) {
  const left = toast.until - Date.now();
  if (!place || left <= 0) return;
  const close = h("button", { class: "btn btn-sm", type: "button", "aria-label": t("Close this message") }, icon("close"));
  const link = h("a", { href: runsUrl(`/runs/${toast.id}/`) }, t("Open the run"));
  const box = h("div", { class: `run-toast is-${toast.tone}` }, icon(toast.icon), h("div", {}, h("b", {}, toast.text), toast.more ? h("span", {}, toast.more) : null, link), close);
  const gone = () => {
    box.remove();
    forget(toast);
  };
  close.addEventListener("click", gone);
  place.append(box);
  while (place.children.length > TOASTS_MAX) place.firstElementChild.remove();
  let timer = setTimeout(gone, left);
  const stay = () => clearTimeout(timer);
  const go = () => {
    timer = setTimeout(gone, 4000);
  };
  box.addEventListener("pointerenter", stay);
  box.addEventListener("focusin", stay);
  box.addEventListener("pointerleave", go);
  box.addEventListener("focusout", go);
}

const forget = (toast) => sessionStorage.setItem(SAID, JSON.stringify((read(SAID) ?? []).filter((one) => one.key !== toast.key)));

/** Said here, and on the page that may be loaded in this one's place at once. */
function say(run) {
  const tone = run.ended ? run.tone : "waiting";
  const more = run.ended && run.status !== "succeeded" ? run.words : run.tone === "check" ? run.words : "";
  const toast = { key: `${run.id} ${run.status}`, id: run.id, tone, icon: TONES[run.status] ?? "clock", text: words(run), more, until: Date.now() + TOAST_MS };
  sessionStorage.setItem(SAID, JSON.stringify([...(read(SAID) ?? []).filter((one) => one.key !== toast.key && one.until > Date.now()), toast].slice(-TOASTS_MAX)));
  show(toast);
}

for (const toast of read(SAID) ?? []) show(toast);

// -- looking --------------------------------------------------------------------------------------------------------------

const tell = (name, run) => document.dispatchEvent(new CustomEvent(name, { detail: run }));

/** Take in how runs stand. What is told is kept first: a page that is loaded again by it does not hear it twice. */
function take(runs) {
  const begun = [];
  const ended = [];
  for (const run of runs) {
    const followed = known.open.includes(run.id);
    const isNew = run.n > known.last;
    if (run.ended) {
      if (followed || isNew) ended.push(run);
      known.open = known.open.filter((id) => id !== run.id);
    } else {
      if (isNew && !followed) begun.push(run);
      known.open.push(run.id);
    }
  }
  known.last = Math.max(known.last, ...runs.map((run) => run.n));
  keep();
  for (const run of [...begun, ...ended]) say(run);
  for (const run of begun) tell(STARTED, run);
  for (const run of ended) tell(COMPLETED, run);
}

let looking = false;
let once = false;

async function look() {
  if (looking) {
    once = true; // something changed while the answer was on its way
    return;
  }
  looking = true;
  try {
    const { runs } = await get(withQuery(runsUrl("/api/runs/active"), { since: known.last }));
    const there = new Set(runs.map((run) => run.id));
    const missing = known.open.filter((id) => !there.has(id)).slice(0, STATUS_MAX);
    const more = missing.length ? (await get(withQuery(runsUrl("/api/runs/status"), { job_ids: missing.join(",") }))).runs : [];
    const found = new Set(more.map((run) => run.id));
    known.open = known.open.filter((id) => !missing.includes(id) || found.has(id)); // nobody here may see it any more
    take([...more, ...runs]);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error; // away: the next look finds out
  } finally {
    looking = false;
  }
  if (once) {
    once = false;
    await look();
  }
}

// -- when to look ---------------------------------------------------------------------------------------------------------

let socket = null;
let closed = false;
let again = 1000;
let lastLook = 0;

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${base}/live`);
  socket.onopen = () => {
    again = 1000;
    look();
  };
  socket.onmessage = look;
  socket.onclose = () => {
    socket = null;
    if (closed) return;
    setTimeout(connect, again);
    again = Math.min(again * 2, AGAIN_MS_MAX);
  };
}

setInterval(() => {
  const isUp = socket?.readyState === WebSocket.OPEN;
  const isWanted = known.open.length > 0 || !document.hidden;
  if (!isWanted || (isUp && Date.now() - lastLook < SURE_MS)) return;
  lastLook = Date.now();
  look();
}, POLL_MS);
document.addEventListener("visibilitychange", () => document.hidden || look());
addEventListener("pagehide", () => {
  closed = true;
  socket?.close();
});

look();
connect();
