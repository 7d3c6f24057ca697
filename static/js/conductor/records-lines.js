// The lines of an order: added, taken away, changed; what they come to is worked out by the server.
import { byId, company, post, put, t } from "./frame.js";
import { h, icon } from "../till/dom.js";
import { combobox } from "./records-combo.js";

const SUM_WAIT_MS = 250;
//: Fields that stand in the row itself; others are behind "More of this line".
const IN_ROW = ["item", "description", "quantity", "quantityDifference", "valueDifference", "rate", "amount"];
let known = [];
let isClosed = false;
let asked = 0;
let timer = 0;
let first = "";

const list = byId("lines");
const rows = () => [...list.children];
const idOf = (at, name) => `line-${at}-${name}`;
let made = 0;

function input(field, line, at) {
  const id = idOf(at, field.name);
  const value = line[field.name];
  const common = { id, "data-line": field.name, "aria-describedby": `${id}-wrong` };
  if (field.sort === "party" || field.sort === "ref") {
    const box = h("div", { class: "combo", "data-combo": field.to, "data-line": field.name, "data-sort": field.sort, "data-id": field.sort === "party" ? (value ?? "") : (value?.id ?? "") });
    box.append(h("input", { id, class: "form-control", dir: "auto", value: field.sort === "party" ? (line.itemName || value || "") : (value?.fullName ?? ""), "aria-describedby": `${id}-wrong` }));
    return box;
  }
  if (field.sort === "flag") return h("input", { ...common, type: "checkbox", class: "form-check-input", checked: value === true });
  if (field.sort === "choice") return h("select", { ...common, class: "form-select" }, h("option", { value: "" }), Object.entries(field.choices).map(([key, words]) => h("option", { value: key, selected: key === value }, words)));
  const figure = field.sort === "money" || field.sort === "number";
  return h("input", { ...common, class: figure ? "form-control is-figure" : "form-control", value: value ?? "", maxlength: field.chars, type: field.sort === "day" ? "date" : "text", inputmode: figure ? "decimal" : null, dir: figure ? null : "auto", autocomplete: "off" });
}

function shown(value, line, field) {
  if (value === true) return t("yes");
  if (field.name === "item") return line.itemName || value || "–";
  return (typeof value === "object" && value ? (value.fullName ?? value.id) : value) || "–";
}

function cell(field, line, at) {
  const id = idOf(at, field.name);
  const closed = isClosed || field.readOnly;
  const label = closed ? h("span", { class: "form-label" }, field.label) : h("label", { class: "form-label", for: id }, field.label);
  const body = closed ? h("p", { class: field.sort === "money" || field.sort === "number" ? "told is-figure" : "told", dir: "auto" }, shown(line[field.name], line, field)) : input(field, line, at);
  return h("div", { class: `line-cell of-${field.name}` }, label, body, closed ? null : h("p", { class: "problem", id: `${id}-wrong`, "data-line-wrong": field.name }));
}

function row(line) {
  const at = (made += 1);
  const filled = (field) => line[field.name] !== undefined && line[field.name] !== "" && line[field.name] !== false && text(line[field.name]) !== "{}";
  const main = known.filter((field) => IN_ROW.includes(field.name));
  const more = known.filter((field) => !IN_ROW.includes(field.name) && (!(isClosed || field.readOnly) || filled(field)));
  const element = h("div", { class: "line", role: "group", "data-id": line.id ?? "" }, h("div", { class: "line-row" }, main.map((field) => cell(field, line, at)), isClosed ? null : h("button", { class: "btn btn-sm remove", type: "button", "data-remove": true, "aria-label": t("Take this line away") }, icon("close"))),
    h("p", { class: "line-sum quiet" }),
    more.length ? h("details", { class: "line-more", open: more.some(filled) && !isClosed }, h("summary", {}, t("More of this line")), h("div", { class: "line-row" }, more.map((field) => cell(field, line, at)))) : null);
  for (const box of element.querySelectorAll(".combo")) combobox(box);
  begun.set(element, typed(element));
  return element;
}

const text = (value) => JSON.stringify(value);

function typed(element) {
  const line = {};
  for (const field of known) {
    const held = field.readOnly ? null : element.querySelector(`[data-line="${field.name}"]`);
    if (!held) continue;
    if (field.sort === "party") line[field.name] = held.dataset.id;
    else if (field.sort === "ref") line[field.name] = held.dataset.id ? { id: held.dataset.id, fullName: held.querySelector("input").value } : {};
    else if (field.sort === "flag") line[field.name] = held.checked;
    else line[field.name] = held.value.trim();
  }
  return line;
}

const WORTH = ["quantity", "rate", "ratePercent"];
const isEmpty = (value) => value === "" || value === false || text(value) === "{}";
const begun = new WeakMap(); // how a line stood when it came

/** Of a line that is in QuickBooks only what was changed: what is not said stays as it is there. An amount that came with
    another price or quantity says nothing any more. */
function read(element) {
  const line = typed(element);
  const before = begun.get(element) ?? {};
  if (!element.dataset.id) return Object.fromEntries(Object.entries(line).filter(([, value]) => !isEmpty(value)));
  return { id: element.dataset.id, ...Object.fromEntries(Object.entries(line).filter(([name, value]) => text(value) !== text(before[name]))) };
}

/** The line with all that counts for what it comes to. */
function worth(element) {
  const line = typed(element);
  const before = begun.get(element) ?? {};
  if (element.dataset.id && line.amount === before.amount && WORTH.some((name) => line[name] !== before[name])) delete line.amount;
  return line;
}

/** The lines as they stand in the form. */
export const linesNow = () => rows().map(read);
/** Whether they are others than those that came with the page. */
export const changedLines = () => Boolean(list) && !isClosed && text(linesNow()) !== first;
export const hasTypedLines = () => changedLines();

function numbered() {
  for (const [at, element] of rows().entries()) {
    element.setAttribute("aria-label", t("Line {n}", { n: at + 1 }));
    element.querySelector("[data-remove]")?.setAttribute("aria-label", t("Take line {n} away", { n: at + 1 }));
  }
  byId("no-lines").hidden = rows().length > 0;
}

/** What each line comes to, where its own amount does not say so already. */
function tellSums(amounts) {
  for (const [at, element] of rows().entries()) {
    const said = element.querySelector("[data-line=amount]")?.value;
    put(element.querySelector(".line-sum"), amounts[at] && amounts[at] !== said ? t("comes to {amount}", { amount: amounts[at] }) : "");
  }
}

async function sum() {
  const total = byId("sum");
  if (!total) return;
  const mine = (asked += 1);
  try {
    const answer = await post("/api/conductor/sums", { lines: rows().map(worth), company });
    if (mine !== asked) return;
    put(total, answer.total);
    tellSums(answer.amounts);
  } catch {
    if (mine === asked) put(total, "–");
  }
}

function sumSoon() {
  clearTimeout(timer);
  timer = setTimeout(sum, SUM_WAIT_MS);
}

/** Other lines in place of those there are; they count as unchanged. */
export function putLines(lines) {
  list.replaceChildren(...lines.map(row));
  numbered();
  first = text(linesNow());
  sumSoon();
}

/** What is wrong with a line: lines[1].rate. */
export function wrongLine(field, words) {
  const [, at, name] = /^lines\[(\d+)\]\.(\w+)/.exec(field) ?? [];
  const element = rows()[Number(at)];
  const place = element?.querySelector(`[data-line-wrong="${name}"]`);
  if (!place) return put(byId("lines-problem"), words);
  put(place, words.replace(field, known.find((one) => one.name === name)?.label ?? name));
  place.closest("details")?.setAttribute("open", "");
  return place.parentElement.querySelector("input, select")?.focus();
}

export function paintLines(data) {
  known = data.lineFields;
  isClosed = data.closed;
  list.replaceChildren(...data.lines.map(row));
  numbered();
  first = text(isClosed ? [] : linesNow());
  if (data.sums && !isClosed) tellSums(data.sums.amounts);
  if (isClosed) return;
  byId("add-line").addEventListener("click", () => {
    list.append(row({}));
    numbered();
    list.lastElementChild.querySelector("input").focus();
    sumSoon();
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    const gone = button.closest(".line");
    const next = gone.nextElementSibling ?? gone.previousElementSibling;
    gone.remove();
    numbered();
    (next?.querySelector("input") ?? byId("add-line")).focus();
    sumSoon();
  });
  list.addEventListener("input", sumSoon);
  list.addEventListener("chosen", ({ target, detail }) => {
    // what the item says of itself stands in the line until somebody says otherwise
    const bought = data.type === "purchase_orders";
    const said = { description: bought ? detail.purchaseDescription : detail.salesDescription, rate: bought ? detail.purchaseCost : detail.salesPrice };
    for (const [name, value] of target.dataset.line === "item" ? Object.entries(said) : []) {
      const held = target.closest(".line").querySelector(`input[data-line="${name}"]`);
      if (held && !held.value) held.value = value ?? "";
    }
    sumSoon();
  });
}
