// Forms of set-ups and of settings: sent as JSON, and what is wrong with a field is said beside it.
import { Refused, post } from "../till/api.js";
import { disable, isDisabled, put } from "../till/dom.js";
import { sentence } from "../console/frame.js";

const ANSWER_MS = 30000;
const SAVED = "tillkeep.runs.saved";
const WHOLE = /^[0-9]{1,9}$/;

/** What a field is sent as; a figure that is none goes as it was typed, so that the server says what it should be. */
function valueOf(field) {
  const text = field.value.trim();
  switch (field.dataset.kind) {
    case "flag":
      return field.checked;
    case "maybe":
      return text === "" ? null : text === "yes";
    case "whole":
      if (text === "") return null;
      return WHOLE.test(text) ? Number(text) : text;
    case "textOrNull":
      return text === "" ? null : text;
    default:
      return field.value === "\t" ? field.value : text;
  }
}

const plain = (field) => JSON.stringify(valueOf(field));
const fieldsOf = (form) => [...form.querySelectorAll("[data-kind]")];

function clear(form) {
  for (const place of form.querySelectorAll("[data-wrong]")) put(place, "");
  for (const field of fieldsOf(form)) field.removeAttribute("aria-invalid");
}

/** Each fault beside its field, the rest at the end of the form; the first field that is wrong is where one goes on. */
function tell(form, faults) {
  let first = null;
  for (const { field, words } of faults) {
    const place = form.querySelector(`[data-wrong="${CSS.escape(field)}"]`) ?? form.querySelector('[data-wrong=""]');
    put(place, [place.textContent, words].filter(Boolean).join(" "));
    const input = form.elements[field];
    input?.setAttribute("aria-invalid", "true");
    first ??= input ?? null;
  }
  first?.focus();
}

async function send(form, button) {
  const body = {};
  const onlyChanged = "mark" in form.dataset || "changed" in form.dataset;
  for (const field of fieldsOf(form)) if (!onlyChanged || plain(field) !== field.dataset.before) body[field.name] = valueOf(field);
  if (form.dataset.mark) body.mark = form.dataset.mark;
  clear(form);
  const done = form.querySelector("[data-done]");
  if (done) put(done, "");
  disable(button, true);
  try {
    const answer = await post(form.dataset.path, body, ANSWER_MS);
    form.removeAttribute("data-dirty");
    if (form.dataset.next) location.assign(answer.next || `${form.dataset.next}${answer.company}/`);
    else {
      sessionStorage.setItem(SAVED, JSON.stringify([form.dataset.path, answer.message]));
      location.reload();
    }
    return;
  } catch (error) {
    const faults = error instanceof Refused ? error.body.faults : null;
    tell(form, faults ?? [{ field: error.field ?? "", words: sentence(error) }]);
  }
  disable(button, false);
}

for (const form of document.querySelectorAll("form.set-up")) {
  for (const field of fieldsOf(form)) field.dataset.before = plain(field);
  form.addEventListener("input", () => form.setAttribute("data-dirty", ""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector('button[type="submit"]');
    if (!isDisabled(button)) send(form, button);
  });
}

const [path, words] = JSON.parse(sessionStorage.getItem(SAVED) ?? "[]");
sessionStorage.removeItem(SAVED);
if (path) {
  const form = [...document.querySelectorAll("form.set-up")].find((one) => one.dataset.path === path);
  const place = form?.querySelector("[data-done]");
  if (place) put(place, words);
}
