// Settings: what was changed is counted, saved at once, and nothing else is sent. A secret is never on this page.
import { tn } from "../language.js";
import { act, byId, company, isDisabled, post, put, t, toast } from "./frame.js";

const form = byId("settings");
const fields = () => [...form.querySelectorAll("[data-set]")];
const valueOf = (field) => (field.type === "checkbox" ? (field.checked ? "yes" : "") : field.value.trim());
const changed = () => fields().filter((field) => valueOf(field) !== field.dataset.was);

function tell() {
  const n = changed().length;
  put(byId("save-words"), n ? tn("{n} change is not saved yet.", "{n} changes are not saved yet.", n) : t("Nothing is changed."));
}

form.addEventListener("input", tell);

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-unfold]");
  if (!button) return;
  const row = byId(button.dataset.unfold);
  row.hidden = !row.hidden;
  button.setAttribute("aria-expanded", row.hidden ? "false" : "true");
});

/** {"rules.items.winner": "ours"} as nested objects; an address of two or more parts goes inside. */
function nested(rows) {
  const body = {};
  for (const field of rows) {
    const path = field.dataset.set.split(".");
    const last = path.pop();
    let at = body;
    for (const part of path) at = at[part] ??= {};
    at[last] = field.type === "checkbox" ? field.checked : valueOf(field);
  }
  return body;
}

async function save(rows, more) {
  const body = { ...nested(rows), ...more, company, mark: form.dataset.mark };
  try {
    const { mark } = await post("/api/conductor/settings", body, 20000);
    form.dataset.mark = mark;
  } catch (error) {
    const wrong = error.field && fields().find((field) => field.dataset.set.endsWith(error.field));
    if (wrong) wrong.setAttribute("aria-invalid", "true");
    throw error;
  }
}

/** Whether somebody says that the other computer opens the same company file. */
function sameFile() {
  const dialog = byId("same");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const rows = changed();
  if (!rows.length) return tell();
  for (const field of fields()) field.removeAttribute("aria-invalid");
  const went = await act(byId("save"), byId("save-problem"), async () => {
    try {
      await save(rows, {});
    } catch (error) {
      if (error.code !== "linked" || !(await sameFile())) throw error;
      await save(rows, { same_file: true });
    }
  });
  if (!went) return undefined;
  for (const field of rows) field.dataset.was = valueOf(field);
  tell();
  toast(t("Saved."));
  return window.htmx.trigger(document.body, "ended");
});

byId("lists").addEventListener("click", async (event) => {
  if (isDisabled(event.currentTarget)) return;
  byId("lists-busy").hidden = false;
  const went = await act(event.currentTarget, byId("lists-problem"), () => post("/api/conductor/lists", { company }, 300000));
  byId("lists-busy").hidden = true;
  if (!went) return;
  if (changed().length) toast(t("The lists are here. Save, then load the page again to choose from them."));
  else location.reload();
});

window.addEventListener("beforeunload", (event) => changed().length && event.preventDefault());
