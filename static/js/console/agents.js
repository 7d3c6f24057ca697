// Agents: run one now, pause it, let it go on.
import { t } from "../language.js";
import { post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { refresh, say, sentence } from "./frame.js";

const said = {
  run: () => t("It runs in a moment."),
  pause: () => t("Paused. It does nothing by itself until it is resumed."),
  resume: () => t("It goes on."),
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("#agents button[data-act]");
  if (!button || isDisabled(button)) return;
  const { act, agent, connection } = button.dataset;
  disable(button, true);
  put(byId("acts-problem"), "");
  try {
    await post(`/api/console/agents/${act}`, { agent, connection }, 20000);
    say(said[act]());
    button.blur();
    await refresh();
  } catch (error) {
    put(byId("acts-problem"), sentence(error));
  }
  disable(button, false);
});
