// Receipts: print in the browser, and back to selling. A scan here starts the next sale: the code goes along.
import { t } from "./language.js";
import { NoAnswer, Refused, get, post, setToken } from "./till/api.js";
import { withApproval } from "./till/approve.js";
import { byId, isTextField, put } from "./till/dom.js";
import { startScanning } from "./till/scanning.js";
import { keep, recall, state, tell } from "./till/state.js";

const desk = byId("desk");

const LOOK_MS = 700;
const LOOKS_MAX = 40;
const say = (text) => put(byId("print-state"), text);

/** The server prints, or writes down that this page does; each print of a slip after the first says COPY. */
async function print(kind, browser = false) {
  let answer;
  try {
    answer = await withApproval((approvals) => post("/api/print", { document: desk.dataset.document, template: kind, browser, approvals }));
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    return say(error instanceof Refused ? error.message : t("The till does not answer. The sale is saved."));
  }
  if (!answer) return undefined; // a copy nobody agreed to
  say(answer.job.text);
  if (!answer.browser) return follow();
  if (kind !== "receipt" && kind !== "gift") return location.assign(`${answer.page}&back=${encodeURIComponent(location.pathname)}`);
  desk.dataset.prints = kind;
  desk.dataset.copy = answer.job.copy ? kind : "";
  window.print();
  return look();
}

async function look() {
  try {
    const found = await get(`/api/print/${encodeURIComponent(desk.dataset.document)}`);
    say(found.jobs[0]?.text ?? found.text);
    put(byId("print-words"), found.next_is_copy ? t("Print a COPY") : t("Print receipt"));
    return found.jobs[0]?.state === "waiting";
  } catch (error) {
    if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
    return false;
  }
}

async function follow() {
  for (let looks = 0; looks < LOOKS_MAX && (await look()); looks += 1) await new Promise((done) => setTimeout(done, LOOK_MS));
}

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print(button.dataset.print, button.dataset.browser === "yes"));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !isTextField(event.target) && !document.querySelector("dialog[open]")) location.assign("/");
});

startScanning({
  scanned(code) {
    recall();
    state.basket.pending.push(code);
    keep();
    location.assign("/");
  },
});

try {
  const session = await get("/api/session");
  setToken(session.csrf);
  state.session = session;
  tell("session");
} catch (error) {
  if (!(error instanceof Refused || error instanceof NoAnswer)) throw error; // the usual timing serves until then
}
const asked = new URLSearchParams(location.search);
if (desk?.dataset.document && asked.has("print")) {
  history.replaceState(null, "", location.pathname); // a reload must not print again
  await print("receipt");
} else if (desk?.dataset.printer) {
  await follow(); // what was saved a moment ago is being printed
}
