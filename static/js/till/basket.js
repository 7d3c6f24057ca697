// Paints the basket: one element per line, changed in place, so that a new line is there within one frame.
import { listed, t, tn } from "../language.js";
import { byId, figure, h, icon, put } from "./dom.js";
import { moneyFormat } from "./entry.js";
import { isBack, lastRemoved, nameOf, putBack, step, takeOff } from "./lines.js";
import { sumOf } from "./quantity.js";
import { choose, isCurrent, lineOf, on, state } from "./state.js";

const painted = new Map(); // line id -> its elements
let acts = { find() {}, discount() {} };
let hint = null;
let usualTax = ""; // most lines have it, so only the others say theirs

/** acts: what the buttons inside lines do (find, discount). */
export function startBasket(given) {
  acts = given;
  on("basket", paint);
  on("priced", paint);
  on("chosen", paintChosen);
  on("view", paintChosen);
  byId("lines").addEventListener("click", (event) => {
    const line = event.target.closest(".line")?.dataset.line;
    if (line && lineOf(line)) choose(line); // the press may just have taken it off
  });
}

function paint() {
  const list = byId("lines");
  const { lines } = state.basket;
  const wanted = new Set(lines.map((line) => line.line));
  for (const [id, parts] of painted) {
    if (wanted.has(id)) continue;
    parts.row.remove();
    painted.delete(id);
  }
  byId("basket-empty").hidden = lines.length > 0 || lastRemoved() !== null;
  usualTax = mostOf(state.priced?.lines.map((line) => line.tax_text) ?? []);
  lines.forEach((line, at) => {
    let parts = painted.get(line.line);
    if (!parts) {
      parts = line.unknown ? unknownRow(line) : itemRow(line);
      painted.set(line.line, parts);
    }
    if (list.children[at] !== parts.row) list.insertBefore(parts.row, list.children[at] ?? null);
    if (!line.unknown) paintLine(line, parts);
  });
  paintHint(list);
  paintSum();
  paintChosen();
}

function itemRow(line) {
  const parts = { qty: h("span", { class: "qty" }), name: h("div", { class: "name" }), more: h("div", { class: "more" }), places: h("div", { class: "places" }), amount: h("div", { class: "amount" }), count: h("output", {}) };
  const id = line.line;
  const name = nameOf(line);
  parts.row = h("li", { class: "line", "data-line": id }, parts.qty, h("div", {}, parts.name, parts.more, parts.places), parts.amount,
    h("div", { class: "steps" },
      h("button", { class: "btn btn-square", type: "button", "aria-label": t("One less, {name}", { name }), onclick: () => step(id, false) }, icon("minus")),
      parts.count,
      h("button", { class: "btn btn-square", type: "button", "aria-label": t("One more, {name}", { name }), onclick: () => step(id, true) }, icon("plus")),
      h("button", { class: "btn", type: "button", onclick: () => acts.discount() }, t("Discount")),
      h("button", { class: "btn", type: "button", onclick: () => takeOff(id) }, t("Take off"))));
  return parts;
}

function unknownRow(line) {
  const row = h("li", { class: "line is-unknown", "data-line": line.line, "aria-label": t("Code not known: {code}. Find the item or take the line off.", { code: line.code }) },
    h("span", { class: "qty", "aria-hidden": "true" }, "?"),
    h("div", {}, h("div", { class: "name" }, t("Code not known")),
      h("div", { class: "more" }, h("span", { class: "mono ltr" }, line.code.replaceAll("\x1d", "␝")), h("span", {}, line.why || t("put it aside, scan on")))),
    h("div", { class: "amount" }, "–"),
    h("div", { class: "acts" },
      h("button", { class: "btn", type: "button", onclick: () => acts.find(line.line) }, icon("search"), t("Find the item")),
      h("button", { class: "btn", type: "button", onclick: () => takeOff(line.line) }, icon("close"), t("Take off"))));
  return { row };
}

function paintLine(line, parts) {
  const priced = state.priced?.byLine.get(line.line) ?? null;
  const current = priced !== null && isCurrent();
  const shown = line.shown ?? {};
  const problem = state.problems.get(line.line);
  const quantity = priced && current ? priced.qty_text : line.qty;
  const key = JSON.stringify([line, priced, current, problem, usualTax]);
  if (parts.key === key) return;
  parts.key = key;
  parts.qty.replaceChildren(...(shown.weighed ? [icon("weigh")] : [h("span", { class: "sr" }, `${t("Quantity")} `), quantity]));
  put(parts.count, line.qty);
  put(parts.name, priced?.name ?? shown.name ?? line.item_code);
  const detail = priced?.detail || shown.detail || "";
  const each = eachText(line, shown, priced, quantity);
  parts.more.replaceChildren(...[
    detail && h("span", { dir: "auto" }, detail),
    line.voucher && (line.voucher.code ? h("span", { class: "mono ltr" }, line.voucher.code) : h("span", {}, t("a code is made when it is paid"))),
    each && h("span", {}, figure(each)),
    priced?.override_text && h("span", { class: "off" }, priced.override_text),
    priced?.discount_text && h("span", { class: "off" }, priced.discount_text),
    priced && priced.tax_text !== usualTax && h("span", {}, t("tax {rate}", { rate: priced.tax_text })),
    isBack(line) && h("span", { class: "off" }, backText(line, priced)),
    line.note && h("span", { class: "note" }, line.note),
    problem && h("span", { class: "off" }, problem),
  ].filter(Boolean));
  put(parts.places, isBack(line) ? "" : shown.places_text ?? "");
  const first = line.price === null && line.qty === "1" ? shown.unit_text : "…";
  parts.amount.replaceChildren(...[
    priced?.was_text && h("del", { class: "was", "aria-label": priced.override_text ? t("At the shelf's price") : t("Before discount") }, figure(priced.was_text)),
    figure(priced ? priced.amount_text : first ?? "…"),
  ].filter(Boolean));
  parts.row.classList.toggle("is-back", isBack(line));
  parts.row.classList.toggle("is-pricing", priced !== null && !current);
  parts.row.classList.toggle("is-unknown", Boolean(problem));
}

/** Where the amount comes from, when the quantity is not one: "£7.50 each", "0.345 Kg at £18.50 / Kg". */
function eachText(line, shown, priced, quantity) {
  if (line.qty === "-1") return "";
  if (line.price_source === "barcode") return labelText(shown, priced);
  if (!priced?.unit_text) return "";
  if (shown.weighed) return t("{quantity} {unit} at {price}", { quantity, unit: shown.uom, price: priced.unit_text });
  return line.qty === "1" ? "" : t("{price} each", { price: priced.unit_text });
}

/** Why and from which receipt it comes back. */
const backText = (line, priced) => [t("comes back"), priced?.return_of ?? line.return_of, line.reason && t(line.reason)].filter(Boolean).join(", ");

/** What a label with a price on it says of goods sold by weight: "0.240 Kg, £4.32 on its label". */
function labelText(shown, priced) {
  const price = priced?.was_text ?? priced?.amount_text;
  return shown.weighed && price ? t("{quantity} {unit}, {price} on its label", { quantity: priced.qty_text, unit: shown.uom, price }) : t("price of its label");
}

/** What stands most often in a list. */
function mostOf(texts) {
  const counts = new Map();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "";
}

function paintHint(list) {
  const removed = lastRemoved();
  hint?.remove();
  hint = null;
  if (!removed || state.view !== "sell") return;
  hint = h("li", { class: "line line-hint" }, h("span", { class: "qty" }, icon("check")),
    h("div", { class: "more" }, t("Taken off: {name}", { name: nameOf(removed.line) })),
    h("button", { class: "btn", type: "button", onclick: putBack }, t("Put back")));
  list.append(hint);
}

function paintSum() {
  const { lines } = state.basket;
  const unknown = lines.filter((line) => line.unknown).length;
  const quantities = lines.filter((line) => !line.unknown && !line.shown?.weighed).map((line) => line.qty.replace("-", ""));
  const weighed = lines.filter((line) => line.shown?.weighed).length;
  const items = sumOf([...quantities, ...Array(weighed).fill("1")]);
  put(byId("basket-count"), lines.length === 0 ? "" : listed([tn("{n} line", "{n} lines", lines.length), tn("{n} item", "{n} items", Number(items))]));
  const { priced } = state;
  byId("total-row").classList.toggle("is-pricing", priced !== null && !isCurrent());
  put(byId("total-word"), unknown ? t("Total so far") : priced?.total.startsWith("-") ? t("To give back") : t("Total"));
  byId("total").replaceChildren(figure(priced?.total_text ?? (lines.length > unknown ? "…" : zero())));
  const rows = (priced?.taxes ?? []).flatMap((tax) => [h("dt", {}, tax.text), h("dd", {}, figure(tax.amount_text))]);
  if (priced?.discount_text) rows.unshift(h("dt", { class: "off" }, priced.discount_words ?? t("Off the whole sale")), h("dd", { class: "off" }, figure(priced.discount_text)));
  byId("taxes").replaceChildren(...rows);
}

const zero = () => (state.session ? moneyFormat(state.session.shop)("0") : "");

function paintChosen() {
  for (const [id, parts] of painted) {
    const is = id === state.chosen;
    if (parts.row.classList.contains("is-chosen") === is) continue;
    parts.row.classList.toggle("is-chosen", is);
    if (is) parts.row.setAttribute("aria-current", "true");
    else parts.row.removeAttribute("aria-current");
    if (is) parts.row.scrollIntoView({ block: "nearest" });
  }
}
