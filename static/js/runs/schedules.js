// Schedules: made and changed in a dialog, switched, run now and deleted in their row; what is typed is said in words.
import { plain, t } from "../language.js";
import { get, post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { refresh, say, sentence, whenFresh } from "../console/frame.js";
import { runsUrl } from "./base.js";
import { bindRunLifecycleRefresh } from "./reactivity.js";

const PREVIEW_MS = 300;
const NUMBERS = ["parallel", "stagger_seconds"];
const said = {
  "run-now": () => t("Its run was started."),
  toggle: () => t("The schedule was switched."),
  delete: () => t("The schedule was deleted."),
};

// -- each moment in the zone of whoever reads, where that is another one -------------------------------------------------

const language = document.documentElement.lang || "en";
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const clock = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
const inZone = (zone) => new Intl.DateTimeFormat(language, { timeZone: zone, day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });

function readers() {
  for (const place of document.querySelectorAll("[data-reader]")) {
    const moment = new Date(place.dataset.reader);
    let same = true;
    try {
      same = inZone(place.dataset.zone).format(moment) === inZone(here).format(moment);
    } catch {
      continue; // a zone this browser does not know
    }
    put(place, same ? "" : t("{moment} where you are", { moment: clock.format(moment) }));
  }
}

// -- acts on a row -------------------------------------------------------------------------------------------------------

async function act(button, name, row) {
  if (isDisabled(button)) return;
  disable(button, true);
  put(byId("acts-problem"), "");
  const body = name === "toggle" ? { enabled: button.dataset.enabled === "yes", version: Number(row.dataset.version) } : {};
  try {
    await post(runsUrl(`/schedules/${row.dataset.id}/${name}`), body, 20000);
    say(said[name]());
    button.blur();
  } catch (error) {
    put(byId("acts-problem"), sentence(error));
  }
  disable(button, false);
  await refresh();
}

function askToDelete(button, row) {
  const dialog = byId("sure");
  put(byId("sure-name"), row.querySelector("th b").textContent);
  dialog.returnValue = "no";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && act(button, "delete", row), { once: true });
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".run-schedules button[data-act]");
  if (!button) return;
  const row = button.closest("tr");
  if (button.dataset.act === "edit") open(row.dataset);
  else if (button.dataset.act === "delete") askToDelete(button, row);
  else act(button, button.dataset.act, row);
});

// -- the dialog ----------------------------------------------------------------------------------------------------------

const dialog = byId("schedule");
const form = byId("schedule-form");
let editing = null;
let asked = 0;

function open(row) {
  editing = row ? { id: row.id, version: Number(row.version) } : { id: crypto.randomUUID(), version: 0 };
  const values = JSON.parse(row ? row.form : dialog.dataset.defaults);
  for (const box of form.querySelectorAll('[name="objects"]')) box.checked = values.objects.includes(box.value);
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements[name];
    if (name === "objects" || !field) continue;
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
    field.removeAttribute("aria-invalid");
  }
  const title = byId("schedule-title");
  put(title, row ? title.dataset.change : title.dataset.new);
  put(byId("schedule-problem"), "");
  ofWhat();
  preview();
  dialog.showModal();
  form.elements.name.focus();
}

/** What a run has, a session with QuickBooks Desktop has not, and the other way round; it is of a company that has one. */
function ofWhat() {
  const what = form.elements.what?.value ?? "runs";
  for (const part of form.querySelectorAll("[data-of]")) part.hidden = part.dataset.of !== what;
  const company = form.elements.company;
  for (const option of company.options) option.hidden = option.disabled = what === "conductor" && !("desktop" in option.dataset);
  if (company.selectedOptions[0]?.disabled) company.value = [...company.options].find((option) => !option.disabled)?.value ?? "";
}

function typed() {
  const values = Object.fromEntries(new FormData(form));
  values.objects = [...form.querySelectorAll('[name="objects"]:checked')].map((box) => box.value);
  for (const name of NUMBERS) values[name] = Math.trunc(Number(plain(values[name])));
  values.continue_on_failure = form.elements.continue_on_failure.checked;
  return values;
}

/** Say what is typed in words, with its next moments; only the answer to the last question counts. */
async function preview() {
  const mine = ++asked;
  const line = byId("preview");
  const query = new URLSearchParams({ cron: form.elements.cron.value, time_zone: form.elements.time_zone.value });
  try {
    const answer = await get(runsUrl(`/api/schedules/preview?${query}`));
    if (mine !== asked) return;
    line.classList.toggle("is-bad", !answer.fine);
    put(line, answer.fine ? t("{words}; next: {moments}", { words: answer.words, moments: answer.next.join(" · ") }) : answer.words);
  } catch (error) {
    if (mine === asked) put(line, sentence(error));
  }
}

async function save(event) {
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("[type=submit]");
  if (isDisabled(button)) return;
  disable(button, true);
  put(byId("schedule-problem"), "");
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  const { id, version } = editing;
  try {
    if (version) await post(runsUrl(`/schedules/${id}/update`), { ...typed(), version }, 20000);
    else await post(runsUrl("/schedules/create"), { ...typed(), id }, 20000);
    dialog.close();
    if (byId("rows").contains(document.activeElement)) document.activeElement.blur(); // else its row would stay as it was
    say(t("The schedule was saved."));
    await refresh();
  } catch (error) {
    put(byId("schedule-problem"), sentence(error));
    const field = form.elements[error.field];
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
  }
  disable(button, false);
}

if (dialog) {
  let timer = 0;
  byId("new").addEventListener("click", () => open(null));
  byId("schedule-cancel").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", save);
  form.elements.what?.addEventListener("change", () => {
    const { cron } = form.elements;
    const begins = JSON.parse(dialog.dataset.defaults).cron;
    if (form.elements.what.value === "conductor" && !editing.version && cron.value === begins) cron.value = dialog.dataset.hourly;
    ofWhat();
    preview();
  });
  form.addEventListener("input", (event) => {
    if (!["cron", "time_zone"].includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(preview, PREVIEW_MS);
  });
}

readers();
whenFresh(readers);
bindRunLifecycleRefresh({ partial: () => refresh() });
