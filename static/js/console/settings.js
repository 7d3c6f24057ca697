// Settings: one at a time, in a dialog. What does not fit is said there, in the words the start would use.
import { post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import "./filters.js";
import { sentence } from "./frame.js";

const dialog = byId("change");
const [words, choice] = [byId("change-text"), byId("change-choice")];
let row = null;

const field = () => (choice.hidden ? words : choice);

function open(button) {
  row = button;
  const { setting, kind, choices, file } = row.dataset;
  const [section, name] = setting.split(".");
  put(byId("change-title"), `[${section}] ${name}`);
  put(byId("change-help"), row.closest("tr").querySelector("td[lang]").textContent);
  put(byId("change-default"), row.dataset.default || "–");
  put(byId("change-problem"), "");
  choice.hidden = !choices;
  words.hidden = Boolean(choices);
  choice.replaceChildren(...(choices ? choices.split("|").map((one) => new Option(one, one)) : []));
  words.inputMode = { whole: "numeric", figure: "decimal" }[kind] ?? "text";
  field().value = file;
  dialog.showModal();
  field().focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-setting]");
  if (button) open(button);
});

byId("change-back").addEventListener("click", () => {
  field().value = row.dataset.default;
});

byId("change-cancel").addEventListener("click", () => dialog.close());

byId("change-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const save = event.submitter;
  if (save && isDisabled(save)) return;
  if (save) disable(save, true);
  const [section, name] = row.dataset.setting.split(".");
  try {
    await post("/api/console/settings", { section, name, value: field().value, was: row.dataset.file }, 20000);
    location.reload();
  } catch (error) {
    put(byId("change-problem"), sentence(error));
    field().focus();
  }
  if (save) disable(save, false);
});
