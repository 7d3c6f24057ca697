// The status bar, in words. Calm colours; red only for "needs a person" and "this till cannot save".
import { t, tn } from "../language.js";
import { say, sayNow } from "./a11y.js";
import { openDialog } from "./dialogs.js";
import { byId, h, icon, put } from "./dom.js";
import { state, tell } from "./state.js";

let last = null;
let painted = "";
const AGE_MS = 10_000;

/** Paint the server's counts. `status` is null while nobody has answered yet. */
export function paintStatus(status) {
  sayChanges(status);
  last = status;
  paintWords(status);
  cannotSave(status.can_save ? "" : status.reason || t("The disk does not take writes."));
}

function paintWords(status) {
  const words = wordsOf(status);
  const key = JSON.stringify(words);
  if (key !== painted) {
    painted = key;
    byId("status").replaceChildren(...words.map(([css, sign, text]) => h("button", { type: "button", class: css, onclick: openList }, icon(sign), h("span", {}, text))));
    paintPhone(words);
  }
}

/** The age of the last copy grows by itself; nothing else of the bar does. */
setInterval(() => { if (last?.copies) paintWords(last); }, AGE_MS);

const COPY = { near: t("same disk"), late: t("late"), failing: t("failing") };

/** "last copy: 12 s ago", or why that is not enough. */
function copyWords(copies) {
  if (!copies.copied_at) return t("no copy yet");
  const since = Math.max(0, Math.floor((Date.now() - Date.parse(copies.copied_at)) / 1000));
  const said = t("last copy: {ago}", { ago: agoWords(since) });
  return COPY[copies.state] ? t("{words}, {state}", { words: said, state: COPY[copies.state] }) : said;
}

function agoWords(seconds) {
  if (seconds >= 86400) return tn("{n} day ago", "{n} days ago", Math.floor(seconds / 86400));
  if (seconds >= 3600) return t("{n} h ago", { n: Math.floor(seconds / 3600) });
  return seconds >= 60 ? t("{n} min ago", { n: Math.floor(seconds / 60) }) : t("{n} s ago", { n: seconds });
}

/** For those who listen: what changes the day, not each count of each sale. */
function sayChanges(status) {
  const sentences = [];
  if (status.offline_text && !last?.offline_text) sentences.push(status.offline_text);
  else if (last?.offline_text && !status.offline_text) sentences.push(t("{books} answers again.", { books: status.connection_title }));
  if (status.needs > (last?.needs ?? 0)) sentences.push(`${tn("{n} needs a person", "{n} need a person", status.needs)}.`);
  if (sentences.length) say(sentences.join(" "));
}

function wordsOf(status) {
  const words = [["is-saved", "check", tn("{n} saved here", "{n} saved here", status.saved)]];
  if (status.connection_title) {
    words.push(["", "book", tn("{n} in {books}", "{n} in {books}", status.booked, { books: status.connection_title })]);
    words.push([status.waiting ? "is-waiting" : "", "clock", status.waiting ? tn("{n} waiting", "{n} waiting", status.waiting) : t("Nothing waiting")]);
  }
  if (status.copies) words.push([status.copies.state === "ok" ? "may-hide" : "is-check", "copy", copyWords(status.copies)]);
  if (status.needs) words.push(["is-needs", "warn", tn("{n} needs a person", "{n} need a person", status.needs)]);
  else words.push(["may-hide", "person", t("Nothing needs a person")]);
  if (status.offline_text) words.push(["is-last is-offline", "offline", bare(status.offline_text)]);
  else if (!status.connection_title) words.push(["is-last may-hide", "book", t("Sales stay on this till")]);
  return words;
}

function paintPhone(words) {
  const [saved, ...rest] = words.filter(([css]) => !css.includes("may-hide"));
  const second = rest.find(([css]) => css === "is-needs") ?? rest.find(([css]) => css.includes("is-offline")) ?? rest.find(([css]) => css === "is-waiting");
  const button = byId("phone-state");
  button.replaceChildren(h("b", {}, icon(saved[1]), ` ${saved[2]}`), second ? h("span", { class: second[0] }, icon(second[1]), ` ${second[2].split(/[,;،؛]/)[0]}`) : "");
  button.setAttribute("aria-label", t("State of this till: {words}", { words: words.map((word) => word[2]).join(", ") }));
}

function openList() {
  if (!last) return;
  const needs = last.needs_list ?? [];
  const rows = needs.map((one) => h("li", { class: "is-needs" }, icon("warn"), one.text, h("small", {}, one.remedy)));
  byId("status-list").replaceChildren(
    h("dl", { class: "facts" },
      fact(t("Saved on this till"), last.saved),
      last.connection_title ? [fact(t("In {books}, compared", { books: last.connection_title }), last.booked), fact(t("Waiting to be sent"), last.waiting)] : fact(t("Books connected"), t("none; sales stay here")),
      fact(t("Copies of the receipts"), last.copies ? copyWords(last.copies) : t("none; name a place in the settings")),
      (last.copies?.places ?? []).filter((one) => one.text).map((one) => fact(one.place, one.text))),
    h("ul", { class: "list" }, rows.length ? rows : h("li", {}, icon("check"), t("Nothing needs a person."))),
    last.offline_text ? h("p", { class: "dlg-say" }, `${last.offline_text} ${t("What waits is sent by itself when the line is back.")}`) : "");
  openDialog(byId("dlg-status"));
}

/** A sentence without its full stop, to stand beside others. */
const bare = (sentence) => sentence.replace(/\.$/, "");

const fact = (name, value) => [h("dt", {}, name), h("dd", {}, `${value}`)];

byId("phone-state")?.addEventListener("click", openList);

/** The red banner; "" takes it away. Pay is held while it shows. */
export function cannotSave(why) {
  const can = why === "";
  if (byId("cannot-save").hidden === can && state.canSave === can) return;
  byId("cannot-save").hidden = can;
  put(byId("cannot-save-why"), why);
  state.canSave = can;
  tell("priced");
}

let asking = ""; // what one question says of its missing answer
let lost = ""; // nobody answers at all: said first, and until somebody does

/** The calm banner while the till server does not answer; "" takes it away. */
export function noAnswer(why) {
  asking = why;
  paintAway();
}

/** The same from the line of news, which knows when the server is there again; "" takes it all away. */
export function serverAway(why) {
  lost = why;
  if (!why) asking = "";
  paintAway();
}

function paintAway() {
  const words = lost || asking;
  const before = byId("no-answer-why").textContent;
  byId("no-answer").hidden = words === "";
  put(byId("no-answer-why"), words);
  if (words && !before) sayNow(words);
  else if (before && !words) say(t("The till server answers again."));
}
