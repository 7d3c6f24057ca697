// Approvals: what waits for a second person, what was agreed to and on which receipt, and what was refused.
import { t } from "../language.js";
import { NoAnswer, Refused, get, post } from "../till/api.js";
import { byId, figure, h, icon, put } from "../till/dom.js";
import { session, whenBack, whenHeard } from "./frame.js";

const POLL_MS = 15000;
const USED = { open: () => t("not used yet"), unused: () => t("not used, over") };

const problem = (text) => put(byId("approvals-problem"), text);
const chosenDays = () => document.querySelector("[name=days]:checked").value;

async function look() {
  try {
    paint(await get(`/api/approvals?days=${chosenDays()}`));
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    problem(error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
  }
}

function paint({ waiting, given, refused }) {
  const focused = document.activeElement?.dataset.answer;
  byId("waiting").replaceChildren(...(waiting.length ? waiting.map(waitingRow) : [h("li", { class: "none" }, icon("check"), t("Nobody waits for an answer."))]));
  if (focused) byId("waiting").querySelector(`[data-answer="${focused}"]`)?.focus();
  fill("given", given, (one) => [figure(one.at_text), one.by, one.act_text, figure(one.bound_text || "–"), one.asked_by, onWhat(one)]);
  fill("refused", refused, (one) => [figure(one.at_text), one.by, one.act_text, one.asked_by, one.why]);
}

function fill(id, rows, cellsOf) {
  byId(id).tBodies[0].replaceChildren(...rows.map((one) => h("tr", {}, cellsOf(one).map((cell, at) => (at ? h("td", {}, cell) : h("th", { scope: "row" }, cell))))));
  byId(id).hidden = rows.length === 0;
  byId(`${id}-none`).hidden = rows.length > 0;
}

function onWhat(one) {
  if (one.state !== "used") return h("span", { class: "quiet" }, USED[one.state]());
  return h("a", { href: `/receipts/${encodeURIComponent(one.number)}` }, figure(one.number));
}

function waitingRow(one) {
  const words = h("div", {}, h("b", {}, one.bound_text ? t("{who} asks for {act}: {amount}", { who: one.asked_by, act: one.act_text, amount: one.bound_text }) : t("{who} asks for {act}", { who: one.asked_by, act: one.act_text })), one.what ? h("p", {}, one.what) : null, h("small", {}, figure(one.at_text)));
  const buttons = one.own
    ? [h("span", { class: "quiet" }, t("Somebody else answers this."))]
    : [h("button", { class: "btn", type: "button", "data-answer": `no ${one.id}`, onclick: () => answer(one, false) }, t("Refuse")), h("button", { class: "btn btn-main", type: "button", "data-answer": `yes ${one.id}`, onclick: () => answer(one, true) }, t("Agree"))];
  return h("li", {}, words, h("div", { class: "answers" }, buttons));
}

async function answer(one, agree) {
  problem("");
  try {
    await post(`/api/approvals/${one.id}/answer`, { agree });
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    problem(error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
  }
  await look();
}

const opened = await session;
if (opened) {
  for (const one of document.querySelectorAll("[name=days]")) one.addEventListener("change", look);
  whenHeard(({ type }) => type === "approvals" && look());
  whenBack(look);
  setInterval(() => document.visibilityState === "visible" && look(), POLL_MS);
  if (!opened.locked) await look();
}
