// Asks for a few words: a title, or a reason picked from those offered or typed.
import { t } from "../language.js";
import { openDialog } from "./dialogs.js";
import { byId, h, put } from "./dom.js";

/** Answers the words, or null when cancelled. required: the sentence shown when there are none. */
export function askWords({ title, what = "", label, offered = [], button, required = "" }) {
  const dialog = byId("dlg-words");
  const form = dialog.querySelector("form");
  const words = byId("words-typed");
  put(byId("words-title"), title);
  put(byId("words-what"), what);
  put(byId("words-label"), offered.length ? t("{label}, in other words", { label }) : label);
  put(byId("words-go"), button);
  put(byId("words-problem"), "");
  byId("words-offered").hidden = offered.length === 0;
  byId("words-chips").replaceChildren(...chips("words-offer", offered));
  words.value = "";
  let answer = null;
  const typed = () => words.value && form.querySelectorAll("[name=words-offer]").forEach((one) => (one.checked = false));
  const submit = (event) => {
    event.preventDefault();
    const said = words.value.trim() || new FormData(form).get("words-offer") || "";
    if (!said && required) return put(byId("words-problem"), required);
    answer = said;
    return dialog.close("ok");
  };
  form.addEventListener("submit", submit);
  words.addEventListener("input", typed);
  openDialog(dialog);
  (form.querySelector("[name=words-offer]") ?? words).focus();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      form.removeEventListener("submit", submit);
      words.removeEventListener("input", typed);
      done(answer);
    }, { once: true });
  });
}

/** Radio buttons, one for each text. */
export const chips = (name, texts) => texts.map((text) => h("label", { class: "chip" }, h("input", { type: "radio", name, value: text }), t(text)));
