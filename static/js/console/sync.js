// What is brought together with QuickBooks: ask for jobs, choose single records, decide what both sides changed.
import { t } from "../language.js";
import { post, withQuery } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { refresh, sentence } from "./frame.js";

const BASE = "/api/integrations/quickbooks";
const TOAST_MS = 6000;
const company = (byId("quickbooks") ?? byId("job") ?? byId("choice")).dataset.company;

export function toast(text) {
  const line = byId("toast");
  if (!line) return;
  line.hidden = false;
  put(line, text);
  setTimeout(() => (line.hidden = true), TOAST_MS);
}

async function act(button, work) {
  if (isDisabled(button)) return;
  disable(button, true);
  put(byId("sync-problem"), "");
  try {
    await work();
  } catch (error) {
    put(byId("sync-problem"), sentence(error));
  }
  disable(button, false);
}

byId("ask")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const resources = [...event.target.querySelectorAll('[name="resource"]:checked')].map((one) => one.value);
  act(event.submitter, async () => {
    const { message } = await post(`${BASE}/sync/${event.submitter.value}`, { resources, company });
    toast(message);
    await refresh();
  });
});

byId("trigger")?.addEventListener("click", (event) =>
  act(event.currentTarget, async () => {
    const { message } = await post(`${BASE}/jobs/trigger`, { company });
    toast(message);
  }),
);

byId("conflicts")?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-decide], button[data-undo]");
  if (!button) return;
  const { decide, undo, choice } = button.dataset;
  act(button, async () => {
    if (decide) await post(`${BASE}/conflicts/${decide}`, { choice, company });
    else await post(`${BASE}/conflicts/${undo}/undo`, { company });
    location.reload();
  });
});

byId("owners")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const changed = [...event.target.querySelectorAll("select")].filter((one) => one.value !== one.dataset.was);
  const owners = {};
  for (const one of changed) (owners[one.dataset.kind] ??= {})[one.dataset.field] = one.value;
  act(event.submitter, async () => {
    await post(`${BASE}/owners`, { owners, company });
    for (const one of changed) one.dataset.was = one.value;
    toast(t("Saved."));
  });
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-retry]");
  if (!button) return;
  act(button, async () => {
    const { job } = await post(`${BASE}/jobs/${button.dataset.retry}/retry`, { company });
    location.assign(withQuery(`/settings/integrations/jobs/${job}`, { company }));
  });
});

// -- single records -----------------------------------------------------------------------------------------------------

const choice = byId("choice");
const ticks = () => [...choice.querySelectorAll('[name="record"]')];
const chosen = () => ticks().filter((one) => one.checked);

function tell() {
  put(byId("chosen"), t("{n} chosen", { n: chosen().length }));
}

choice?.addEventListener("change", (event) => {
  if (event.target.id === "choose-all") for (const one of ticks()) one.checked = event.target.checked;
  tell();
});

choice?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-chosen]");
  if (!button) return;
  const direction = button.dataset.chosen;
  const pulls = direction === "pull";
  const fit = chosen().filter((one) => (pulls ? one.dataset.remote : !("readOnly" in one.dataset)));
  if (!fit.length) {
    put(byId("sync-problem"), pulls ? t("Choose records that are in QuickBooks already.") : t("Choose records that may be sent; copies of theirs are only read."));
    return;
  }
  const records = fit.map((one) => (pulls ? one.dataset.remote : one.value));
  act(button, async () => {
    const { jobs } = await post(`${BASE}/sync/${direction}`, { resources: [choice.dataset.resource], records, company });
    location.assign(withQuery(`/settings/integrations/jobs/${jobs[0]}`, { company }));
  });
});
if (choice) tell();
