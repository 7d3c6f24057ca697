// One run: its log as it comes, by the bytes somebody has seen, and how it stands. It follows its own run alone, and
// once that ended nothing is asked for any more.
import { t } from "../language.js";
import { refresh, sentence } from "../console/frame.js";
import { NoAnswer, Refused, get, post, withQuery } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { runsUrl } from "./base.js";
import { bindRunLifecycleRefresh } from "./reactivity.js";

const POLL_MS = 1500;
const AWAY_MS = 5000;
const OPEN = ["queued", "running"];
const { runId: id, runStatus: status } = byId("run").dataset;
const wasOpen = OPEN.includes(status);
let offset = 0;

/** What is new of the log, to its end as it is now. Whether the run is over and all of its log is here. */
async function readOn() {
  for (;;) {
    const { text, offset: after, done, status: now } = await get(withQuery(runsUrl(`/runs/${id}/logs`), { offset }));
    if (text) byId("log").append(text);
    const isEnd = after <= offset || !text;
    offset = after;
    if (text && byId("follow").checked) byId("log").scrollTop = byId("log").scrollHeight;
    if (done) return true;
    if (isEnd) return !OPEN.includes(now);
  }
}

async function follow() {
  let wait = POLL_MS;
  try {
    const isOver = await readOn();
    put(byId("log-state"), isOver ? t("complete") : t("live"));
    if (isOver) return ended();
    if (!document.hidden && !(await refresh("[data-fresh]"))) wait = AWAY_MS;
  } catch (error) {
    if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
    put(byId("log-state"), sentence(error));
    wait = AWAY_MS;
  }
  return setTimeout(follow, wait);
}

/** Only a run that this page saw going on is shown anew: one that was over when the page came is as it is. */
async function ended() {
  byId("cancel-card")?.remove();
  if (wasOpen) await refresh("[data-fresh]");
}

byId("cancel")?.addEventListener("click", async () => {
  if (isDisabled(byId("cancel"))) return;
  disable(byId("cancel"), true);
  put(byId("cancel-problem"), "");
  try {
    await post(runsUrl(`/runs/${id}/cancel`));
    put(byId("cancel-words"), t("It stops after the document it is at. What was sent stays sent."));
    await refresh("[data-fresh]");
  } catch (error) {
    put(byId("cancel-problem"), sentence(error));
    disable(byId("cancel"), false);
  }
});

if (wasOpen) bindRunLifecycleRefresh({ only: id, partial: () => refresh("[data-fresh]") });
follow();
