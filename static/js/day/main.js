// The day of the till: open with a float, cash in and out, an X-read, the close and its Z.
import { t, tn } from "../language.js";
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
  paid_in: { title: t("Cash in"), what: t("Put into the drawer"), button: t("Save cash in") },
  paid_out: { title: t("Paid out"), what: t("Taken out of the drawer"), button: t("Save paid out") },
  drop: { title: t("To the safe"), what: t("Taken out of the drawer"), button: t("Save to the safe") },
  no_sale: { title: t("Open the drawer"), what: "", button: t("Open the drawer"), withAmount: false },
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
    tell(error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
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
  put(byId("day-title"), shift.open ? session.day_text : t("No session is open"));
  put(byId("day-what"), shift.open ? [t("{session}, opened {time} by {name}", { session: session.id, time: session.opened_text, name: session.opened_by.name }), session.old && tn("open for {n} hour", "open for {n} hours", session.hours)].filter(Boolean).join("; ") : shift.insist_on_float ? t("Nothing can be sold before a float is saved.") : t("Open with a float; else the first sale opens one with none."));
  const facts = [[t("Float"), session?.float_text], [t("You sold"), own && tn("{n} receipt, {total}", "{n} receipts, {total}", own.count, { total: own.total_text })], [t("Last Z"), last && `${last.name}, ${last.at_text}`], [t("Baskets held"), shift.held ? `${shift.held}` : ""]];
  byId("day-facts").replaceChildren(...facts.filter(([, text]) => text).flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, figure(text))]));
  byId("takings").hidden = !takings;
  if (takings) byId("takings-rows").replaceChildren(...takings.tenders.map((one) => h("tr", {}, h("th", { scope: "row" }, t(one.name)), h("td", { class: "num" }, figure(one.amount_text)))), h("tr", { class: "all" }, h("th", { scope: "row" }, t("All")), h("td", { class: "num" }, figure(takings.total_text))));
}

const openFloat = () => askAmount({ title: t("Open with a float"), what: t("Cash in the drawer now"), hint: t("Nothing is a float, too"), button: t("Save the float"), withReason: false, zero: true,
  send: ({ id, amount }, approvals) => post("/api/shift/open", { id, float: amount, approvals }) });

const correctFloat = () => askAmount({ title: t("Correct the float"), what: t("What it should have said"), button: t("Correct the float"), zero: true,
  send: (wanted, approvals) => post("/api/shift/correct-float", { ...wanted, approvals }) });

const moveCash = (kind) => askAmount({ ...CASH[kind],
  send: ({ id, amount, reason }, approvals) => post("/api/cash", { id, kind, reason, approvals, ...(kind === "no_sale" ? {} : { amount }) }) });

async function saved(asking) {
  const answer = await asking;
  if (!answer) return;
  const { document } = answer;
  await refresh();
  done(document.amount_text && document.kind !== "no_sale" ? t("{number} is saved: {amount}.", { number: document.number, amount: document.amount_text }) : t("{number} is saved.", { number: document.number }));
}

async function xRead() {
  const answer = await tried(() => get("/api/shift/x"));
  if (!answer) return;
  byId("x-lines").replaceChildren(...answer.lines.flatMap((line) => [...line.split(/(\s{2,}|^\s+)/).map((piece) => (piece.trim() ? h("span", { dir: "auto" }, piece) : piece)), "\n"]));
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
    put(place, error instanceof Refused ? error.message : t("The till server does not answer."));
  }
}

function closedWith(z) {
  written = z;
  step("z");
  put(byId("z-name"), t("{name} is written", { name: z.name }));
  byId("z-show").href = `/zreads/${z.number}`;
  put(byId("z-said"), t("Document {number}. The session is closed; the next sale or float opens a new one.", { number: z.document }));
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
