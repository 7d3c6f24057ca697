// The table of rights: a cell is ticked or not, a ceiling is a percentage. Nothing holds before it is saved; the server says what holds.
import { t, tn } from "../language.js";
import { say } from "../till/a11y.js";
import { NoAnswer, Refused, get, put as send } from "../till/api.js";
import { byId, disable, h, icon, isDisabled, put } from "../till/dom.js";
import { session } from "./frame.js";

const ROLE = { cashier: t("Cashier"), supervisor: t("Supervisor"), manager: t("Manager"), operator: t("Operator"), accountant: t("Accountant"), stock_keeper: t("Stock-keeper"), copier: t("Another till"), admin: t("Owner") };
const OWNER = "admin";
let table = null; // as the server has it

const nameOf = (role) => ROLE[role] ?? role;
const cells = () => [...byId("table").querySelectorAll("input[type=checkbox]")];
const ceilings = () => [...byId("table").querySelectorAll("input[type=text]")];
const changedCells = () => cells().filter((cell) => cell.checked !== (cell.dataset.was === "yes"));
const changedCeilings = () => ceilings().filter((field) => field.value.trim() !== field.dataset.was);

function paint(answer) {
  table = answer;
  byId("roles").replaceChildren(h("th", { scope: "col" }, t("Right")), ...table.roles.map((role) => h("th", { scope: "col" }, nameOf(role))));
  byId("table").replaceChildren(...table.rights.flatMap((right) => (right.name === "discount" ? [rightRow(right), ceilingRow()] : [rightRow(right)])));
  byId("changes").replaceChildren(...(table.changes.length ? table.changes.map(changeRow) : [h("li", {}, t("Nothing was changed; the table is as a new till has it."))]));
  touched();
}

function rightRow(right) {
  const agreed = table.acts.includes(right.name);
  const head = h("th", { scope: "row" }, h("span", { class: "right-words" }, right.text), agreed ? h("small", {}, icon("person"), t("or a second person agrees")) : null);
  return h("tr", {}, head, ...table.roles.map((role) => cellOf(role, right)));
}

function cellOf(role, right) {
  const on = table.table[role].includes(right.name);
  const usual = table.defaults[role].includes(right.name);
  const words = role === OWNER ? t("The owner keeps every right") : on === usual ? "" : usual ? t("A new till has it") : t("A new till does not have it");
  const label = `${nameOf(role)}: ${right.text}${words ? `. ${words}` : ""}`;
  const box = h("input", { type: "checkbox", "data-role": role, "data-right": right.name, "data-was": on ? "yes" : "no", "aria-label": label, title: words || null, disabled: role === OWNER });
  box.checked = on;
  return h("td", { class: on === usual ? "tick" : "tick is-other" }, h("label", {}, box));
}

function ceilingRow() {
  const fields = table.roles.map((role) => h("td", { class: "tick" }, role === OWNER
    ? h("bdi", { class: "nowrap" }, "100 %")
    : h("label", { class: "percent" }, h("input", { class: "field ltr", type: "text", inputmode: "decimal", maxlength: "6", autocomplete: "off", "data-role": role, "data-was": table.ceilings[role], value: table.ceilings[role], "aria-label": t("{role}: discount up to, per cent", { role: nameOf(role) }), disabled: !table.table[role].includes("discount") }), "%")));
  return h("tr", { class: "ceilings" }, h("th", { scope: "row" }, h("span", { class: "right-words" }, t("discount up to, of a line or a sale")), h("small", {}, icon("person"), t("above it a second person agrees, up to their own"))), ...fields);
}

const changeRow = (one) => h("li", {}, h("b", {}, one.text), h("small", {}, t("{name}, {when}", { name: one.by, when: one.when_text })));

function touched() {
  for (const cell of cells()) cell.closest("td").classList.toggle("is-changed", cell.checked !== (cell.dataset.was === "yes"));
  for (const field of ceilings()) field.closest("td").classList.toggle("is-changed", field.value.trim() !== field.dataset.was);
  const n = changedCells().length + changedCeilings().length;
  put(byId("rights-said"), n ? tn("{n} change, not saved", "{n} changes, not saved", n) : "");
  for (const id of ["undo", "save"]) disable(byId(id), n === 0);
}

async function save() {
  if (isDisabled(byId("save"))) return;
  const changes = changedCells().map((cell) => ({ role: cell.dataset.role, right: cell.dataset.right, allowed: cell.checked }));
  const limits = Object.fromEntries(changedCeilings().map((field) => [field.dataset.role, field.value.trim()]));
  put(byId("rights-problem"), "");
  disable(byId("save"), true);
  try {
    paint(await send("/api/rights", { changes, ceilings: limits }));
    put(byId("rights-said"), t("Saved. It holds from now on."));
    say(t("Saved. It holds from now on."));
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("rights-problem"), error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
    disable(byId("save"), false);
  }
}

async function start() {
  const opened = await session;
  if (!opened || opened.locked) return;
  byId("table").addEventListener("input", touched);
  byId("undo").addEventListener("click", () => !isDisabled(byId("undo")) && paint(table));
  byId("save").addEventListener("click", save);
  window.addEventListener("beforeunload", (event) => !isDisabled(byId("save")) && event.preventDefault());
  try {
    paint(await get("/api/rights"));
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("rights-problem"), error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
  }
}

start();
