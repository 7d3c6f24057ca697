// A Z on its page: printed by the till's printer or by this browser; how far that is, in words.
import { t } from "../language.js";
import { withApproval } from "../till/approve.js";
import { NoAnswer, Refused, get, post } from "../till/api.js";
import { byId, pause, put } from "../till/dom.js";
import { session } from "./frame.js";

const LOOK_MS = 700;
const LOOKS_MAX = 40;
const { document: id } = byId("zread").dataset;

async function print(browser) {
  put(byId("print-problem"), "");
  try {
    const answer = await withApproval((approvals) => post("/api/print", { document: id, template: "z", browser, approvals }));
    if (!answer) return undefined; // a copy nobody agreed to
    put(byId("print-state"), answer.job.text);
    return answer.browser ? location.assign(`${answer.page}&back=${encodeURIComponent(location.pathname)}`) : await follow();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("print-problem"), error instanceof Refused ? error.message : t("The till does not answer. The Z is saved."));
    return undefined;
  }
}

/** Until the printer is done with it, or for half a minute; a printer that is off stops nothing. */
async function follow() {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const found = await get(`/api/print/${encodeURIComponent(id)}`);
    put(byId("print-state"), found.jobs[0]?.text ?? found.text);
    put(byId("print-words"), found.next_is_copy ? t("Print a COPY") : t("Print the Z"));
    if (found.jobs[0]?.state !== "waiting") return;
    await pause(LOOK_MS);
  }
}

await session;
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print(button.dataset.browser === "yes"));
