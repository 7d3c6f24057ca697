// Forms of the screens of stock that send their fields to one address, and say what came of it. data-send: the address;
// a box sends true or false; data-enabled, data-on and data-new ("yes" or "no") are sent, too; data-reload: the page that is
// shown after it.
import { t } from "../language.js";
import { disable, put } from "../till/dom.js";
import { post, say, sentence } from "./base.js";

function fieldsOf(form) {
  const fields = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "radio" && !field.checked) continue;
    fields[field.name] = field.type === "checkbox" ? field.checked : field.value;
  }
  for (const name of ["enabled", "on", "new"]) if (form.dataset[name]) fields[name] = form.dataset[name] === "yes";
  return fields;
}

for (const form of document.querySelectorAll("form[data-send]"))
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [button, problem, told] = [event.submitter ?? form.querySelector("[type=submit]"), form.querySelector("[data-problem]"), form.querySelector("[data-said]")];
    disable(button, true);
    put(problem, "");
    if (told) put(told, "");
    try {
      const done = await post(form.dataset.send, fieldsOf(form), 20000);
      if (done.status === "pending_approval") return location.assign(`/inventory/approvals/${encodeURIComponent(done.approval.id)}`);
      if (form.dataset.reload) return location.assign(form.dataset.reload);
      if (told) put(told, t("Saved."));
      say(t("Saved."));
      form.dispatchEvent(new CustomEvent("sent", { detail: done, bubbles: true }));
    } catch (error) {
      put(problem, sentence(error));
    }
    disable(button, false);
    return undefined;
  });
