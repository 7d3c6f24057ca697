// Sending a sheet: once, under the id it was begun with, until there is an answer. A second click, a lost line or a reload
// is the same event.
import { listed, t, tn } from "../language.js";
import { byId, disable, h, icon, isDisabled, pause, put } from "../till/dom.js";
import { thousandths } from "../till/quantity.js";
import { uuid7 } from "../till/uuid.js";
import { NoAnswer, Refused, away, post, say, sayNow } from "./base.js";
import { facts } from "./sheet.js";

/**
 * path: where to. body(): what is sent besides id and lines; a text is why it cannot be sent yet. line(one): a line of it.
 * done(answer): the sentence that says what happened; field(name): the element a field of the form has its problem at.
 * zero: whether nothing is a quantity, too. now(body): what is sent at this moment, where that changes with time.
 */
export function startSending(sheet, { path, body, line, done, zero = false, after = () => sheet.clear(), now = (kept) => kept }) {
  const go = byId("go");
  const send = () => sendOnce(sheet, { path, body, line, done, zero, after, now });
  go.addEventListener("click", () => !isDisabled(go) && send());
  byId("clear")?.addEventListener("click", () => {
    if (sheet.state.sent || !sheet.lines.length) return;
    if (byId("clear").dataset.sure !== "yes") {
      byId("clear").dataset.sure = "yes";
      put(byId("clear"), t("Really clear all?"));
      return;
    }
    sheet.clear();
  });
  const paint = () => {
    if (heldBack) tell(""); // what kept it from going was changed since
    heldBack = false;
    disable(go, Boolean(sheet.state.sent) || !sheet.lines.length);
    const clear = byId("clear");
    if (!clear) return;
    clear.hidden = Boolean(sheet.state.sent) || !sheet.lines.length;
    put(clear, t("Clear")); // whatever changed since the first press, it is asked again
    delete clear.dataset.sure;
  };
  sheet.whenChanged(paint);
  paint();
  if (sheet.state.sent) send(); // it was on its way when this page was left
  return send;
}

let busy = false;
/** Whether the sentence above the button says what is amiss with the sheet, not what the server answered. */
let heldBack = false;

async function sendOnce(sheet, work) {
  if (busy) return false;
  tell("");
  const { body, wrong, at } = sheet.state.sent ? { body: sheet.state.sent } : ready(sheet, work);
  if (wrong) {
    refuse(wrong);
    heldBack = true;
    if (at) bring(at);
    return false;
  }
  busy = true;
  sheet.state.sent = body; // just this goes again after a reload
  sheet.keep();
  try {
    const answer = await untilAnswered(work.path, () => work.now(body));
    away(false);
    sheet.state.sent = false;
    const words = answer.status === "pending_approval" ? t("Waits for a second person") : work.done(answer);
    work.after(answer);
    if (words) showDone(answer, words);
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    sheet.state.sent = false;
    showRefused(sheet, error);
    if (error.code === "other_content") {
      sheet.state.id = uuid7();
      refuse(t("An earlier try was saved, with other lines. Look under Events before you send these."));
    }
    return false;
  } finally {
    busy = false;
    sheet.keep();
  }
}

async function untilAnswered(path, body) {
  for (;;) {
    try {
      return await post(path, body(), 20000);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      away(true);
      tell(t("The till server does not answer. The lines are kept and go by themselves; it stays one event."));
      await pause(2000);
    }
  }
}

function ready(sheet, { body, line, zero }) {
  for (const one of sheet.lines) one.error = one.unknown ? one.error : "";
  if (sheet.state.pending.length) return { wrong: t("Some scans are still being looked up. Wait a moment.") };
  if (sheet.lines.some((one) => one.unknown)) return { at: ".line.is-unknown", wrong: t("Take the codes off that nobody knows, or find their items by name.") };
  const filled = sheet.filled();
  if (!filled.length) return { wrong: t("Scan something first.") };
  for (const one of filled) {
    const figure = thousandths(one.quantity);
    if (figure === null || (figure === 0n && !zero)) one.error = t("Type a quantity, like 12 or 1.5.");
  }
  sheet.keep();
  if (filled.some((one) => one.error)) return { at: ".line.is-wrong", wrong: t("Look at the marked lines.") };
  const rest = body(filled);
  if (typeof rest === "string") return { wrong: rest };
  return { body: { id: sheet.state.id, company: facts.company, ...rest, lines: filled.map(line) } };
}

function refuse(sentence) {
  tell(sentence);
  sayNow(sentence);
}

/** The problem at its line, or at its field; else above the button. */
function showRefused(sheet, error) {
  const at = /^lines\[(\d+)\]/.exec(error.field);
  const line = at && sheet.filled()[Number(at[1])];
  if (line) {
    Object.assign(line, { error: error.message, clash: error.code === "counted_already" });
    sheet.state.last = "";
    refuse(t("Look at the marked lines."));
    sayNow(`${line.name}: ${error.message}`);
    bring(".line.is-wrong");
    return;
  }
  const problem = document.querySelector(`[data-problem~="${CSS.escape(error.field || "-")}"]`);
  if (problem) put(problem, error.message);
  refuse(error.message);
}

/** What has to be looked at into sight, once it is drawn. */
const bring = (what) => queueMicrotask(() => document.querySelector(what)?.scrollIntoView({ block: "center" }));

function tell(sentence) {
  for (const one of document.querySelectorAll("[data-problem]")) put(one, "");
  put(byId("work-problem"), sentence);
  if (sentence) byId("work-done").replaceChildren();
}

/** Names of people who may agree, for "ask …". */
export const whomToAsk = () => (facts.approvers.length ? t("Ask {names} to agree to it.", { names: listed(facts.approvers) }) : t("Nobody else here may agree to it; somebody with the right to agree has to be added."));

/** What came of it, above the lines: an event, or a request that waits for a second person. */
export function showDone(answer, sentence) {
  const waits = answer.status === "pending_approval";
  const words = waits ? `${t("Nothing has moved yet.")} ${whomToAsk()}` : sentence;
  const link = waits ? [`/inventory/approvals/${encodeURIComponent(answer.approval.id)}`, t("Open the request")] : answer.event ? [`/inventory/events/${encodeURIComponent(answer.event.id)}`, t("Open")] : null;
  byId("work-done").replaceChildren(h("div", { class: waits ? "came is-waiting" : "came is-saved" }, icon(waits ? "clock" : "check"), h("p", {}, h("b", {}, waits ? t("Waits for a second person") : t("Done")), ". ", words, ...(answer.notes ?? []).map((note) => ` ${note}`)), link ? h("a", { class: "btn btn-sm", href: link[0] }, link[1]) : null));
  say(words);
  scrollTo({ top: 0 });
}

/** "3 lines, 14 in all" of what was sent. */
export const many = (n) => tn("{n} line", "{n} lines", n);
