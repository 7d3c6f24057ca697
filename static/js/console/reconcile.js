// Reconciliation at the console: ask for another look and wait for it; settle a difference with a reason.
import { t } from "../language.js";
import { get, post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { hold, sentence } from "./frame.js";

const LOOK_MS = 1000;
const LOOKS_MAX = 90;
const PATH = "/api/console/reconciliations";
const { scope, name } = byId("reconcile").dataset;

/** How many looks somebody asked for are still to come. */
async function left() {
  if (!scope) return (await get(PATH)).wanted;
  const found = await get(`${PATH}/${scope}/${encodeURIComponent(name)}`);
  return found.legs.filter((leg) => leg.wanted).length;
}

async function waitForIt() {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    try {
      if (!(await left())) return location.reload();
    } catch (error) {
      put(byId("run-problem"), sentence(error));
    }
  }
  put(byId("run-said"), t("It takes longer than usual. It goes on by itself; look again later."));
  return disable(byId("run"), false);
}

byId("run").addEventListener("click", async () => {
  if (isDisabled(byId("run"))) return;
  disable(byId("run"), true);
  put(byId("run-problem"), "");
  try {
    await post(`${PATH}/run`, scope ? { scope, name } : {});
  } catch (error) {
    put(byId("run-problem"), sentence(error));
    disable(byId("run"), false);
    return;
  }
  put(byId("run-said"), t("Being compared…"));
  await waitForIt();
});

for (const form of document.querySelectorAll(".settle"))
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const release = hold();
    const problem = form.querySelector(".problem");
    put(problem, "");
    try {
      await post(`${PATH}/items/${form.closest("[data-n]").dataset.n}/settle`, { reason: form.elements.reason.value });
      location.reload();
    } catch (error) {
      put(problem, sentence(error));
      form.elements.reason.focus();
    }
    release();
  });
