// Notices: mark one or all as read. What changes meanwhile is said at the bell above; the list itself stays calm.
import { listed, t, tn } from "./language.js";
import { NoAnswer, Refused, post } from "./till/api.js";
import { byId, put } from "./till/dom.js";

const count = byId("told-count");

function said(answer) {
  put(count, listed([tn("{n} open", "{n} open", answer.open), answer.unread && tn("{n} not read by you", "{n} not read by you", answer.unread)].filter(Boolean)));
  if (!answer.unread) byId("read-all")?.remove();
}

function markRead(row) {
  row.classList.remove("is-new");
  row.querySelector(".notice-new")?.remove();
  const button = row.querySelector("[data-read]");
  const hadFocus = button === document.activeElement;
  button?.remove();
  if (hadFocus) (document.querySelector("[data-read]") ?? byId("back")).focus();
}

async function ask(path, body) {
  try {
    put(byId("told-problem"), "");
    return await post(path, body);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("told-problem"), error instanceof Refused ? error.message : t("The till server does not answer. Try again."));
    return null;
  }
}

for (const button of document.querySelectorAll("[data-read]")) {
  button.addEventListener("click", async () => {
    const row = button.closest("[data-key]");
    const answer = await ask(`/api/notices/${encodeURIComponent(row.dataset.key)}/read`, { change: Number(row.dataset.change) });
    if (!answer) return;
    markRead(row);
    said(answer);
  });
}

byId("read-all")?.addEventListener("click", async () => {
  const answer = await ask("/api/notices/read", {});
  if (!answer) return;
  for (const row of document.querySelectorAll(".notice.is-new")) markRead(row);
  said(answer);
});
