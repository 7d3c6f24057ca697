// One row of the outbox: try again, park, take up again, settle by hand with a second person.
import { post } from "../till/api.js";
import { byId, put } from "../till/dom.js";
import { hold, sentence } from "./frame.js";

const n = Number(byId("row").dataset.n);

const bodies = {
  retry: (fields) => ["/api/console/outbox/retry", { rows: [n], reason: fields.reason.value }],
  park: (fields) => [`/api/console/outbox/${n}/park`, { reason: fields.reason.value }],
  unpark: () => [`/api/console/outbox/${n}/unpark`, {}],
  resolve: (fields) => [
    `/api/console/outbox/${n}/resolve`,
    { reason: fields.reason.value, second: { code: fields.code.value, secret: fields.secret.value } },
  ],
};

for (const form of document.querySelectorAll("form.act"))
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const release = hold();
    put(byId("act-problem"), "");
    try {
      const done = await post(...bodies[form.dataset.act](form.elements), 20000);
      if (done.refused?.length) put(byId("act-problem"), done.refused[0].message);
      else location.reload();
    } catch (error) {
      put(byId("act-problem"), sentence(error));
    }
    release();
  });
