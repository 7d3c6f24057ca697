// The outbox: choose rows, try them again, one or many. Nothing here deletes anything.
import { t, tn } from "../language.js";
import { post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { refresh, say, sentence, whenFresh } from "./frame.js";

const boxes = () => [...document.querySelectorAll("#rows tbody input[type=checkbox]:not(:disabled)")];
const chosen = () => boxes().filter((box) => box.checked).map((box) => Number(box.value));

function count() {
  const n = chosen().length;
  const button = byId("retry-chosen");
  if (!button) return;
  disable(button, n === 0);
  const all = byId("choose-all");
  if (all) all.checked = n > 0 && n === boxes().length;
}

async function tryAgain(button, body) {
  if (isDisabled(button)) return;
  disable(button, true);
  put(byId("acts-problem"), "");
  try {
    const done = await post("/api/console/outbox/retry", { ...body, reason: byId("reason").value }, 60000);
    const told = [tn("{n} goes again.", "{n} go again.", done.done)];
    if (done.refused.length) told.push(`${tn("{n} does not:", "{n} do not:", done.refused.length)} ${done.refused[0].message}`);
    if (done.left) told.push(tn("{n} more fits.", "{n} more fit.", done.left));
    put(byId("acts-said"), told.join(" "));
    say(told.join(" "));
    for (const box of boxes()) box.checked = false;
    await refresh();
  } catch (error) {
    put(byId("acts-problem"), sentence(error));
  }
  disable(button, false);
  count();
}

document.addEventListener("change", (event) => {
  if (event.target.id === "choose-all") for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.closest("#rows")) count();
  if (event.target.matches("#filters select")) byId("filters").requestSubmit();
});
byId("acts")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const rows = chosen();
  if (rows.length) tryAgain(byId("retry-chosen"), { rows });
  else say(t("Choose rows first."));
});
byId("retry-fitting")?.addEventListener("click", (event) => {
  const { show, connection, code, q } = event.currentTarget.dataset;
  tryAgain(event.currentTarget, { fitting: { show, connection, code, q } });
});
whenFresh(count);
