// One event: take it back, make a counter-event, let it go to QuickBooks once more.
import { byId, disable, put } from "../till/dom.js";
import { uuid7 } from "../till/uuid.js";
import { post, sentence } from "./base.js";

const key = byId("event").dataset.id;
const at = `/api/inventory/events/${encodeURIComponent(key)}`;
/** A second click asks for the same counter-event. */
const countering = uuid7();

const bodies = {
  retry: () => [`${at}/retry`, {}],
  void: (fields) => [`${at}/void`, { reason: fields.reason.value }],
  counter: (fields) => [`${at}/counter`, { id: countering, reason: fields.reason.value }],
};

for (const form of document.querySelectorAll("#acts form"))
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    disable(button, true);
    put(byId("act-problem"), "");
    try {
      const done = await post(...bodies[form.dataset.act](form.elements), 20000);
      if (done.status === "pending_approval") location.assign(`/inventory/approvals/${done.approval.id}`);
      else location.reload();
    } catch (error) {
      put(byId("act-problem"), sentence(error));
      disable(button, false);
    }
  });
