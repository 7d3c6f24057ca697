// Baskets set aside: hold the open one, see those of the shop, take one up again, discard one with a reason.
import { mark, t, tn } from "../language.js";
import { NoAnswer, Refused, get, post } from "./api.js";
import { say } from "./a11y.js";
import { openDialog } from "./dialogs.js";
import { byId, figure, h, icon, put } from "./dom.js";
import { settled } from "./pricing.js";
import { show, startAfresh, state, takeUp } from "./state.js";
import { flush } from "./takenoff.js";
import { uuid7 } from "./uuid.js";
import { askWords } from "./words.js";

const dialog = () => byId("dlg-held");

export function startHeld() {
  byId("open-held").addEventListener("click", openHeld);
}

/** The number on the tab; asked once at the start, then known from each answer. */
export async function countHeld() {
  const answer = await tried(() => get("/api/held"), () => {});
  if (answer) paintCount(answer.count);
}

function paintCount(count) {
  put(byId("held-count"), count ? `${count}` : "");
  byId("open-held").setAttribute("aria-label", count ? tn("Held, {n} basket", "Held, {n} baskets", count) : t("Held"));
}

/** Put the open basket aside; with an empty one, show those that are. */
export async function hold() {
  if (state.sending || state.view !== "sell") return undefined;
  if (!state.basket.lines.length) return openHeld();
  if (state.basket.lines.some((line) => line.unknown)) return say(t("Settle the unknown codes first."));
  const title = await askWords({ title: t("Hold this basket"), what: t("It waits for the whole shop, exactly as it is."), label: t("A name to find it by, if you like"), button: t("Hold") });
  if (title !== null) await putAside(title);
  return undefined;
}

async function putAside(title, failed = problem) {
  await settled();
  const { approvals, ...basket } = basketToKeep();
  const answer = await tried(() => post("/api/hold", { basket, title, total: state.priced?.total ?? "" }), failed);
  if (!answer) return false;
  flush();
  startAfresh();
  paintCount(answer.count);
  say(title ? t("Basket held: {title}.", { title }) : t("Basket held."));
  return true;
}

function basketToKeep() {
  const { id, customer, lines, discount, approvals } = state.basket;
  return { id, customer, lines: lines.map(({ shown, ...line }) => line), discount, approvals };
}

/** The list of what was set aside. */
export async function openHeld() {
  if (state.sending) return;
  openDialog(dialog());
  put(byId("held-problem"), "");
  const list = byId("held-list");
  let early = false; // Enter before the list stands means its first basket, as it does a moment later
  const note = (event) => event.key === "Enter" && (early = true);
  list.replaceChildren();
  list.tabIndex = -1;
  list.focus();
  list.addEventListener("keydown", note);
  await refresh();
  list.removeEventListener("keydown", note);
  if (early) list.querySelector(".held-row > button:last-child")?.click();
}

async function refresh() {
  const answer = await tried(() => get("/api/held"), problem);
  if (!answer) return;
  paintCount(answer.count);
  if (answer.hub_away && !byId("held-problem").textContent) problem(t("The hub does not answer: only baskets of this till are listed."));
  const rows = [...answer.held.map((one) => row(one, false)), ...answer.taken.map((one) => row(one, true))];
  byId("held-list").replaceChildren(...(rows.length ? rows : [h("li", { class: "held-none" }, answer.hub_away ? t("No basket of this till is set aside.") : t("No basket is set aside."))]));
  (byId("held-list").querySelector(".held-row > button:last-child") ?? dialog().querySelector("[data-close]")).focus();
}

function row(one, taken) {
  const name = one.title || one.lines_text;
  const who = taken ? t("taken up by {name}, {time}; not paid yet", { name: one.changed_by, time: one.changed_text }) : `${one.by.name}, ${one.at_text}, ${one.till}`;
  return h("li", { class: "held-row" },
    h("div", {}, h("b", {}, name), h("small", {}, one.title ? `${one.lines_text} · ${who}` : who)), h("b", { class: "amount" }, figure(one.total_text)),
    taken ? "" : h("button", { type: "button", class: "btn btn-quiet btn-square", "aria-label": t("Discard {name}", { name }), onclick: () => discard(one) }, icon("close")),
    h("button", { type: "button", class: `btn ${taken ? "" : "btn-main"}`, "aria-label": `${taken ? t("Take up again") : t("Take up")}: ${name}`, onclick: () => resume(one, taken) }, taken ? t("Take up again") : t("Take up")));
}

/** The open basket, when there is one, is set aside first: two never become one. */
async function resume(one, again) {
  if (state.basket.id === one.id && state.basket.lines.length) return dialog().close("ok");
  if (state.basket.lines.some((line) => line.unknown)) return problem(t("Settle the unknown codes of the open basket first."));
  if (state.basket.lines.length && !(await putAside(""))) return undefined;
  const answer = await tried(() => post(`/api/held/${one.id}/resume`, { act: uuid7(), again }), problem);
  if (!answer) return refresh();
  takeUp(answer.basket);
  dialog().close("ok");
  show("sell");
  say(t("{title} taken up.", { title: one.title || t("Basket") }));
  return countHeld();
}

async function discard(one) {
  const reason = await askWords({ title: t("Discard this basket"), what: `${one.title || one.lines_text}, ${one.total_text}`, label: t("Reason"), offered: [mark("Customer did not come back"), mark("Entered by mistake")], button: t("Discard"), required: t("Say why it is discarded.") });
  if (reason === null) return;
  await tried(() => post(`/api/held/${one.id}/discard`, { reason }), problem);
  await refresh();
}

async function tried(act, failed) {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    failed(error instanceof Refused ? error.message : t("The till server does not answer. Nothing was changed; try again."));
    return null;
  }
}

function problem(text) {
  if (!dialog().open) openDialog(dialog());
  put(byId("held-problem"), text);
}
