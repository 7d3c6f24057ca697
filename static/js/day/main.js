// The day of the till: open with a float, cash in and out, an X-read, the close and its Z.
import { session, whenBack } from "../office/frame.js";
import { NoAnswer, Refused, get, post } from "../till/api.js";
import { say } from "../till/a11y.js";
import { openDialog, openedDialog } from "../till/dialogs.js";
import { byId, figure, h, put } from "../till/dom.js";
import { moneyFormat } from "../till/entry.js";
import { state } from "../till/state.js";
import { askAmount, startAmounts } from "./amount.js";
import { startClose, startCount } from "./close.js";

const CASH = {
  paid_in: { title: "Cash in", what: "Put into the drawer", button: "Save cash in" },
  paid_out: { title: "Paid out", what: "Taken out of the drawer", button: "Save paid out" },
  drop: { title: "To the safe", what: "Taken out of the drawer", button: "Save to the safe" },
  no_sale: { title: "Open the drawer", what: "", button: "Open the drawer", withAmount: false },
};

let shift = null;
let written = null; // the Z of this close

const step = (name) => (byId("day").dataset.step = name);
const tell = (text) => put(byId("day-problem"), text);
const done = (text) => {
  put(byId("day-done"), text);
  say(text);
};

async function tried(act) {
  tell("");
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    tell(error instanceof Refused ? error.message : "The till server does not answer. Try again in a moment.");
    return null;
  }
}

async function refresh() {
  const answer = await tried(() => get("/api/shift"));
  if (answer) paint(answer);
}

function paint(answer) {
  shift = answer;
  step(shift.open ? "open" : "closed");
  const { session, own, takings, last_z: last } = shift;
  put(byId("day-title"), shift.open ? session.day_text : "No session is open");
  put(byId("day-what"), shift.open ? `${session.id}, opened ${session.opened_text} by ${session.opened_by.name}${session.old ? `; open for ${session.hours} hours` : ""}` : shift.insist_on_float ? "Nothing can be sold before a float is saved." : "Open with a float; else the first sale opens one with none.");
  const facts = [["Float", session?.float_text], ["You sold", own && `${own.count} ${own.count === 1 ? "receipt" : "receipts"}, ${own.total_text}`], ["Last Z", last && `${last.name}, ${last.at_text}`], ["Baskets held", shift.held ? `${shift.held}` : ""]];
  byId("day-facts").replaceChildren(...facts.filter(([, text]) => text).flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, figure(text))]));
  byId("takings").hidden = !takings;
  if (takings) byId("takings-rows").replaceChildren(...takings.tenders.map((one) => h("tr", {}, h("th", { scope: "row" }, one.name), h("td", { class: "num" }, figure(one.amount_text)))), h("tr", { class: "all" }, h("th", { scope: "row" }, "All"), h("td", { class: "num" }, figure(takings.total_text))));
}

const openFloat = () => askAmount({ title: "Open with a float", what: "Cash in the drawer now", hint: "0.00 is a float, too", button: "Save the float", withReason: false, zero: true,
  send: ({ id, amount }, approvals) => post("/api/shift/open", { id, float: amount, approvals }) });

const correctFloat = () => askAmount({ title: "Correct the float", what: "What it should have said", button: "Correct the float", zero: true,
  send: (wanted, approvals) => post("/api/shift/correct-float", { ...wanted, approvals }) });

const moveCash = (kind) => askAmount({ ...CASH[kind],
  send: ({ id, amount, reason }, approvals) => post("/api/cash", { id, kind, reason, approvals, ...(kind === "no_sale" ? {} : { amount }) }) });

async function saved(asking) {
  const answer = await asking;
  if (!answer) return;
  const { document } = answer;
  await refresh();
  done(`${document.number} is saved${document.amount_text && document.kind !== "no_sale" ? `: ${document.amount_text}` : ""}.`);
}

async function xRead() {
  const answer = await tried(() => get("/api/shift/x"));
  if (!answer) return;
  put(byId("x-lines"), answer.lines.join("\n"));
  put(byId("x-said"), "");
  openDialog(byId("dlg-x"));
}

/** The till's printer, or this browser when there is none. */
async function print(asked, place) {
  try {
    const answer = await post("/api/print", asked);
    put(place, answer.job?.text ?? "");
    if (answer.browser && answer.page) location.assign(answer.page);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(place, error instanceof Refused ? error.message : "The till server does not answer.");
  }
}

function closedWith(z) {
  written = z;
  step("z");
  put(byId("z-name"), `${z.name} is written`);
  byId("z-show").href = `/zreads/${z.number}`;
  put(byId("z-said"), `Document ${z.document}. The session is closed; the next sale or float opens a new one.`);
  byId("z-done").focus();
}

const ACTS = {
  float: () => saved(openFloat()),
  correct: () => saved(correctFloat()),
  x: xRead,
  close: () => startCount(shift),
  back: refresh,
  "print-x": () => print({ template: "x" }, byId("x-said")),
  "print-z": () => print({ document: written.document, template: "z" }, byId("z-said")),
};
for (const kind of Object.keys(CASH)) ACTS[kind] = () => saved(moveCash(kind));

function key(event) {
  if (event.defaultPrevented || state.locked || openedDialog() || event.ctrlKey || event.altKey || event.metaKey) return;
  const step = byId("day").dataset.step;
  if (event.key === "F9" && (step === "count" || step === "compare")) byId("go").click();
  else if (event.key === "F9" && step === "open") ACTS.close();
  else if (event.key === "Escape" && step === "count") refresh();
  else if (event.key === "Escape" && step === "compare") return void event.preventDefault(); // a stored count is not left by a slip
  else return;
  event.preventDefault();
}

/** Who sees what: by the rights of the person who is signed in. */
function showByRights({ user }) {
  for (const place of document.querySelectorAll("[data-right]")) place.hidden = !user.rights.includes(place.dataset.right);
}

async function start() {
  const opened = await session;
  if (!opened) return;
  const format = moneyFormat(opened.shop);
  startAmounts(opened.shop, format);
  startClose(opened.shop, format, closedWith);
  showByRights(opened);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-day]");
    if (button) ACTS[button.dataset.day]();
  });
  document.addEventListener("keydown", key);
  whenBack((again) => {
    showByRights(again);
    if (["open", "closed"].includes(byId("day").dataset.step)) refresh(); // a count that is under way stays
  });
  if (!opened.locked) await refresh();
}

start();
