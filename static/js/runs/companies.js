// The list of companies: when a run begins or ends its cards and its list are asked for again, as they are filtered,
// searched and sorted now (all of that is in the address of the page).
import { byId } from "../till/dom.js";
import { runsUrl } from "./base.js";
import { bindRunLifecycleRefresh } from "./reactivity.js";

const ANSWER_MS = 8000;

byId("company-sort").addEventListener("change", (event) => {
  event.target.form.elements.down.value = "0";
  event.target.form.requestSubmit();
});

/** Put the cards and the list in anew. Whether the server answered. */
async function refresh() {
  let page;
  try {
    const answer = await fetch(runsUrl(`/api/companies/panels${location.search}`), { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok || answer.redirected) return false;
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return false;
  }
  const focused = document.activeElement?.id;
  for (const region of document.querySelectorAll("[data-panel]")) {
    const fresh = page.getElementById(region.id);
    if (fresh && !region.isEqualNode(fresh)) region.replaceWith(document.adoptNode(fresh));
  }
  if (focused && document.activeElement?.id !== focused) byId(focused)?.focus({ preventScroll: true });
  return true;
}

bindRunLifecycleRefresh({ partial: refresh });
