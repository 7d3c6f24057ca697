// People and keys: forms that ask for one act each, and what was made and is shown this once.
import { post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import "./filters.js";
import { hold, refresh, sentence } from "./frame.js";

let release = null;

function show(secret) {
  put(byId("secret-text"), secret);
  byId("secret").hidden = false;
  byId("secret").scrollIntoView({ block: "nearest" });
  byId("secret").focus();
  release ??= hold(); // nothing takes it off the screen but a person
}

byId("secret-done")?.addEventListener("click", () => {
  put(byId("secret-text"), "");
  location.reload();
});

function bodyOf(form, button) {
  if (button?.name === "none") return { none: true };
  const body = form.dataset.active ? { active: form.dataset.active === "true" } : {};
  for (const [name, value] of new FormData(form)) {
    if (name === "scopes" || name === "places") (body[name] ??= []).push(value);
    else body[name] = value;
  }
  return body;
}

// On the document, not on each form: a region that is put in anew brings new ones.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.ask");
  if (!form) return undefined;
  event.preventDefault();
  const problem = form.querySelector(".problem");
  put(problem, "");
  try {
    const done = await post(form.dataset.path, bodyOf(form, event.submitter), 20000);
    form.reset();
    if (!done.secret) return location.reload();
    show(done.secret);
    await refresh();
  } catch (error) {
    put(problem, sentence(error));
  }
  return undefined;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("#rows button[data-act], #hub-rows button[data-act]");
  if (!button || isDisabled(button)) return;
  const problem = byId(button.closest("#hub-rows") ? "hub-problem" : "acts-problem");
  disable(button, true);
  put(problem, "");
  try {
    const done = await post(button.dataset.act, {}, 20000);
    button.blur();
    if (done.secret) show(done.secret);
    await refresh();
  } catch (error) {
    put(problem, sentence(error));
  }
  disable(button, false);
});
