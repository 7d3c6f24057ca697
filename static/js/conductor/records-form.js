// The form of one record: what was changed is sent with the version it is a change of. When somebody else was quicker,
// what they changed is told, what was typed stays, and saving again puts it in place of theirs.
import { act, byId, company, get, post, put, say, t, toast } from "./frame.js";
import { Refused, put as putTo, withQuery } from "../till/api.js";
import { disable, isDisabled } from "../till/dom.js";
import { listed } from "../language.js";
import { sentence } from "../who-menu.js";
import { combobox } from "./records-combo.js";
import { changedLines, hasTypedLines, linesNow, paintLines, putLines, wrongLine } from "./records-lines.js";

const data = JSON.parse(byId("record-data").textContent);
const form = byId("record-form");
const path = `/api/conductor/records/${data.type}`;
const own = `${path}/${encodeURIComponent(data.id)}`;
const page = `/conductor/${data.type}/${encodeURIComponent(data.id)}${location.search.includes("company=") ? `?company=${encodeURIComponent(company)}` : ""}`;
const boxes = new Map([...form.querySelectorAll("[data-field]:not([data-shut])")].map((box) => [box.dataset.field, box]));

for (const combo of form.querySelectorAll("[data-field] .combo")) combobox(combo);

// -- what stands in the form -------------------------------------------------------------------------------------------

/** What stands in an input; at first, what the server put there: somebody may have typed before this ran. */
function held(input, first) {
  if (input.type === "checkbox") return first ? input.defaultChecked : input.checked;
  if (first && input.tagName === "SELECT") return ([...input.options].find((one) => one.defaultSelected) ?? input.options[0])?.value ?? "";
  return (first ? input.defaultValue : input.value).trim();
}

function read(box, first = false) {
  const combo = box.querySelector(".combo");
  if (box.dataset.sort === "party") return combo.dataset.id;
  if (box.dataset.sort === "ref") return combo.dataset.id ? { id: combo.dataset.id, fullName: held(combo.querySelector("input"), first) } : {};
  if (box.dataset.sort === "flag") return held(box.querySelector("input"), first);
  if (box.dataset.sort === "address") return Object.fromEntries([...box.querySelectorAll("[data-part]")].map((one) => [one.dataset.part, held(one, first)]).filter(([, text]) => text));
  return held(box.querySelector("input, select, textarea"), first);
}

function write(box, value, names) {
  const combo = box.querySelector(".combo");
  if (combo) combo.put(typeof value === "string" ? value : (value?.id ?? ""), typeof value === "string" ? (names[value] ?? value) : (value?.fullName ?? ""));
  else if (box.dataset.sort === "flag") box.querySelector("input").checked = value === true;
  else if (box.dataset.sort === "address") for (const one of box.querySelectorAll("[data-part]")) one.value = value?.[one.dataset.part] ?? "";
  else box.querySelector("input, select, textarea").value = value ?? "";
}

const text = (value) => JSON.stringify(value);
const before = new Map([...boxes].map(([name, box]) => [name, text(read(box, true))]));
const changed = () => [...boxes].filter(([name, box]) => text(read(box)) !== before.get(name)).map(([name]) => name);
let leaving = false;

const isDirty = () => changed().length > 0 || hasTypedLines();

addEventListener("beforeunload", (event) => {
  if (!leaving && isDirty()) event.preventDefault();
});

function go(where, words) {
  leaving = true;
  sessionStorage.setItem("tillkeep.conductor.said", words);
  if (where === location.pathname + location.search) location.reload();
  else location.assign(where);
}

const told = sessionStorage.getItem("tillkeep.conductor.said");
if (told) {
  sessionStorage.removeItem("tillkeep.conductor.said");
  toast(told);
  say(told);
  byId("record-title").focus({ preventScroll: true });
}

// -- what is wrong, at its field, before it is saved -------------------------------------------------------------------

const wrongAt = (name) => form.querySelector(`[data-field="${CSS.escape(name)}"] [data-wrong]`);

function wrong(name, words) {
  const place = wrongAt(name);
  if (!place) return false;
  put(place, words);
  const box = place.closest("[data-field]");
  box.closest("details").open = true;
  const input = box.querySelector("input, select, textarea");
  input?.setAttribute("aria-invalid", words ? "true" : "false");
  if (words) (input ?? box).focus();
  return true;
}

function clearWrong() {
  for (const place of form.querySelectorAll("[data-wrong]")) put(place, "");
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  for (const id of ["problem", "lines-problem"]) if (byId(id)) put(byId(id), "");
}

const name = form.querySelector("input[data-name]");
name?.addEventListener("input", () => {
  const place = wrongAt("name");
  if (name.value.includes(":")) put(place, t("No colon: QuickBooks puts one between a name and what is above it."));
  else if (name.value.length >= name.maxLength) put(place, t("QuickBooks takes {n} letters of a name, no more.", { n: name.maxLength }));
  else put(place, "");
});

/** What the page calls a field, for a sentence that names it as programs do. */
const labelOf = (field) => {
  const box = form.querySelector(`[data-field="${CSS.escape(field.split(".")[0])}"]`);
  const part = field.includes(".") && box?.querySelector(`label[for$="-${CSS.escape(field.split(".").at(-1))}"]`);
  return (part || box?.querySelector(".form-label, label"))?.firstChild?.textContent.trim() || box?.querySelector("label")?.textContent.trim() || field;
};

function shownWrong(error) {
  const field = error instanceof Refused ? error.field : "";
  if (field.startsWith("lines")) return wrongLine(field, sentence(error));
  const words = field ? sentence(error).replace(field, labelOf(field)) : sentence(error);
  if (field && wrong(field.split(".")[0], words)) return undefined;
  return put(byId("problem"), words);
}

// -- saved -------------------------------------------------------------------------------------------------------------

/** Of a new one only what somebody said is sent: not every company file takes a word about everything. */
const isFilled = (value) => value === true || (typeof value === "string" && value !== "") || (typeof value === "object" && Object.keys(value).length > 0);

async function save() {
  const names = data.isNew ? [...boxes.keys()].filter((one) => isFilled(read(boxes.get(one)))) : changed();
  const fields = Object.fromEntries(names.map((one) => [one, read(boxes.get(one))]));
  const lines = data.hasLines && (data.isNew || changedLines()) ? { lines: linesNow() } : {};
  if (data.isNew) {
    if (data.kind) fields.type = data.kind;
    if (boxes.has("isActive")) fields.isActive = read(boxes.get("isActive"));
    return post(path, { id: data.id, fields, ...lines, company }, 20000);
  }
  return putTo(own, { version: data.version, fields, ...lines, company }, 20000);
}

/** Somebody else was quicker: theirs comes into what nobody typed in here; what was typed stays and is told. */
async function meet(error) {
  const { record } = await get(withQuery(own, { company }));
  const mine = new Set(changed());
  const kept = [];
  for (const [field, box] of boxes) {
    const note = box.querySelector("[data-meanwhile]");
    if (text(record.fields[field] ?? "") === text(data.fields[field] ?? "")) continue;
    if (mine.has(field)) {
      const label = box.querySelector(".form-label, legend, label").textContent.trim();
      kept.push(label);
      note.hidden = false;
      put(note, t("{name} changed this meanwhile: {value}. What you typed is kept.", { name: record.editedName, value: words(record.fields[field], record.names) || "–" }));
    } else {
      write(box, record.fields[field], record.names);
      before.set(field, text(read(box)));
    }
  }
  if (data.hasLines && text(record.lines) !== text(data.lines.map(({ itemName, ...line }) => line)) && !hasTypedLines()) {
    data.lines = record.lines.map((line) => ({ ...line, itemName: record.names[line.item] ?? "" }));
    putLines(data.lines);
  } else if (data.hasLines && hasTypedLines()) {
    byId("lines-meanwhile").hidden = false;
    put(byId("lines-meanwhile"), t("{name} changed the record meanwhile. Your lines are kept; saving puts them in place of those.", { name: record.editedName }));
  }
  data.version = record.version;
  data.fields = record.fields;
  put(byId("problem"), kept.length ? t("{message} Changed by both: {fields}. Save again to put in what you typed.", { message: error.message, fields: listed(kept) }) : t("{message} Their changes are in the form now; save again to add yours.", { message: error.message }));
}

function words(value, names) {
  if (value === true || value === false) return value ? t("yes") : t("no");
  if (typeof value === "string") return names[value] ?? value;
  return value?.fullName ?? (value ? Object.values(value).join(", ") : "");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = byId("save");
  if (!button || isDisabled(button)) return;
  if (!data.isNew && !isDirty()) return put(byId("said"), t("Nothing was changed."));
  clearWrong();
  disable(button, true);
  try {
    const { record } = await save();
    return go(data.isNew ? page : location.pathname + location.search, data.isNew ? t("{name} is made.", { name: record.title }) : t("{name} is saved.", { name: record.title }));
  } catch (error) {
    if (error instanceof Refused && error.code === "changed") await meet(error).catch((second) => put(byId("problem"), sentence(second)));
    else shownWrong(error);
  }
  return disable(button, false);
});

// -- decided, sent again, deleted --------------------------------------------------------------------------------------

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-decide]");
  if (!button) return;
  if (isDirty()) return put(byId("record-problem"), t("Save what you changed first, then decide."));
  const problem = button.closest("[data-field]")?.querySelector("[data-wrong]") ?? byId("record-problem");
  const { decide, choice } = button.dataset;
  put(byId("record-problem"), "");
  if (await act(button, problem, () => post(`/api/conductor/conflicts/${decide}`, { choice, company }))) go(location.pathname + location.search, t("It is decided."));
});

byId("same")?.addEventListener("click", async (event) => {
  if (await act(event.currentTarget, byId("record-problem"), () => post(`${own}/retry`, { company, same: true }))) go(location.pathname + location.search, t("Both are brought together with the next sync."));
});
byId("retry")?.addEventListener("click", async (event) => {
  if (await act(event.currentTarget, byId("record-problem"), () => post(`${own}/retry`, { company }))) go(location.pathname + location.search, t("It goes again with the next sync."));
});

byId("delete")?.addEventListener("click", () => byId("ask-delete").showModal());
byId("delete-yes")?.addEventListener("click", async (event) => {
  if (await act(event.currentTarget, byId("delete-problem"), () => post(`${own}/delete`, { version: data.version, company }))) go(page, t("It is deleted here."));
});

if (data.hasLines) paintLines(data);
