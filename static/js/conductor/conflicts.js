// Conflicts: keep ours, take theirs, undo; the list is asked for anew behind each decision.
import { act, byId, company, post, say, t } from "./frame.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-decide], button[data-undo]");
  if (!button) return;
  const { decide, undo, choice } = button.dataset;
  const went = await act(button, byId("conflicts-problem"), () =>
    decide ? post(`/api/conductor/conflicts/${decide}`, { choice, company }) : post(`/api/conductor/conflicts/${undo}/undo`, { company }),
  );
  if (!went) return;
  say(undo ? t("The other value counts now.") : t("It is decided."));
  const next = button.closest("li").nextElementSibling?.querySelector("button")?.id;
  await window.htmx.ajax("GET", byId("conflicts").dataset.from, { target: "#conflicts", select: "#conflicts", swap: "outerHTML" });
  (byId(next) ?? byId(button.id) ?? byId("state-open")).focus();
});
