// One company: its acts, and the page anew when one of its runs begins or ends.
import { post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { sentence } from "../console/frame.js";
import { bindRunLifecycleRefresh, reloadInPlace } from "./reactivity.js";

const ANSWER_MS = 30000;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-act]");
  if (!button || isDisabled(button)) return;
  const said = byId("company-said");
  disable(button, true);
  said.hidden = true;
  put(byId("company-problem"), "");
  try {
    const answer = await post(button.dataset.act, JSON.parse(button.dataset.body ?? "{}"), ANSWER_MS);
    if ("reload" in button.dataset) {
      location.reload();
      return;
    }
    put(said, answer.message);
    said.hidden = false;
  } catch (error) {
    put(byId("company-problem"), sentence(error));
    byId("company-problem").scrollIntoView({ block: "nearest" });
  }
  disable(button, false);
});

bindRunLifecycleRefresh({ onStarted: reloadInPlace, onCompleted: reloadInPlace });
