// Integrations: connect, bring Intuit's answer here by hand, decide about another company, disconnect.
import { t } from "../language.js";
import { get, post, withQuery } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { sentence } from "./frame.js";

const BASE = "/api/integrations/quickbooks";
const TOAST_MS = 6000;
const NEXT = "tillkeep.integrations.said";
const card = byId("quickbooks");
const { company } = card.dataset;
const byHand = byId("by-hand");

function toast(text) {
  const line = byId("toast");
  line.hidden = false;
  put(line, text);
  setTimeout(() => (line.hidden = true), TOAST_MS);
}

/** Show the page as it is now, and say this on it. */
function anew(text) {
  sessionStorage.setItem(NEXT, text);
  location.assign(withQuery("/settings/integrations", { company }));
}

async function act(button, work) {
  if (isDisabled(button)) return;
  disable(button, true);
  put(byId("quickbooks-problem"), "");
  try {
    await work();
  } catch (error) {
    put(byId("quickbooks-problem"), sentence(error));
  }
  disable(button, false);
}

byId("connect")?.addEventListener("click", (event) => {
  // The window is opened at once: after the answer a browser would take it for an advertisement.
  const other = byHand?.open ? window.open("", "_blank") : null;
  act(event.currentTarget, async () => {
    try {
      const { authUrl } = await get(withQuery(`${BASE}/auth-url`, { company }), 20000);
      if (other) {
        other.opener = null;
        other.location.assign(authUrl);
        byId("address").focus();
      } else {
        location.assign(authUrl);
      }
    } catch (error) {
      other?.close();
      throw error;
    }
  });
});

byId("paste")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const field = byId("address");
  act(event.submitter, async () => {
    const { message } = await post(`${BASE}/callback`, { address: field.value, company }, 60000);
    anew(message);
  });
});

byId("disconnect")?.addEventListener("click", () => byId("sure").showModal());

byId("sure").addEventListener("close", (event) => {
  if (event.currentTarget.returnValue !== "yes") return;
  act(byId("disconnect"), async () => {
    const { message } = await post(`${BASE}/disconnect`, { company }, 60000);
    anew(message);
  });
});

byId("held")?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-take]");
  if (!button) return;
  act(button, async () => {
    const { message } = await post(`${BASE}/realm`, { take: button.dataset.take === "yes", company }, 60000);
    anew(message);
  });
});

const said = sessionStorage.getItem(NEXT);
if (said) {
  sessionStorage.removeItem(NEXT);
  toast(said);
} else if (card.dataset.connected) {
  toast(t("QuickBooks is connected."));
  history.replaceState(null, "", withQuery("/settings/integrations", { company }));
}
