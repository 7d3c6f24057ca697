// Sizes and colours of one style, with what is here of each. Arrow keys and touch alike; none here can still be sold.
import { t } from "../language.js";
import { Refused, NoAnswer, get } from "./api.js";
import { say } from "./a11y.js";
import { byId, figure, h, put } from "./dom.js";
import { show, state } from "./state.js";

let cells = []; // rows of buttons (null where there is no such variant)
let picked = null;
let template = null;
let add = () => {};

/** taken(tile, inputs): put a variant into the basket. */
export function startMatrix(taken) {
  add = taken;
  byId("matrix-close").addEventListener("click", closeMatrix);
  byId("pick-add").addEventListener("click", addPicked);
  byId("matrix-grid").addEventListener("keydown", move);
}

/** Open the grid of a style. Scanning goes on beside it; a second style waits until this one is closed. */
export async function openMatrix(tile, barcode = "") {
  let answer;
  try {
    answer = await get(`/api/items/${encodeURIComponent(tile.code)}/matrix`);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    say(error.message);
    return;
  }
  template = { ...answer.item, barcode };
  paint(answer);
  show("matrix");
  byId("matrix-grid").querySelector("[tabindex='0']")?.focus();
}

export function closeMatrix() {
  if (state.view === "matrix") show("sell");
}

export function addPicked() {
  if (!picked) return;
  add({ ...template, price_text: picked.cell.price_text, detail: picked.words, stock_text: picked.cell.stock_text, elsewhere_text: picked.cell.elsewhere_text }, { item_code: picked.cell.code });
  closeMatrix();
}

function paint({ item, rows, columns, cells: found }) {
  const heads = columns?.values ?? [""];
  const named = heads.some(Boolean);
  const count = found.flat().filter(Boolean).length;
  put(byId("matrix-name"), item.name);
  byId("matrix-detail").replaceChildren(...[item.detail, t("{count} of {what}", { count, what: (named ? t("{rows} and {columns}", { rows: rows.name, columns: columns.name }) : rows.name).toLowerCase() })].filter(Boolean).join(" · "));
  picked = null;
  const body = rows.values.map((row, at) => bodyRow(row, found[at], heads));
  cells = body.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.querySelector("button")));
  byId("matrix-grid").replaceChildren(h("table", { class: rows.values.length < 5 ? "grid is-few" : "grid" },
    h("caption", { class: "sr" }, named ? t("Pieces here by {rows} and {columns}", { rows: rows.name, columns: columns.name }) : t("Pieces here by {rows}", { rows: rows.name })),
    h("colgroup", {}, h("col", { class: "first" }), h("col", { span: `${heads.length}` })),
    named ? h("thead", {}, h("tr", {}, h("td", {}, h("span", { class: "sr" }, rows.name)), columns.values.map((name) => h("th", { scope: "col" }, name)))) : null,
    h("tbody", {}, body)));
  const first = found.flat().find(Boolean);
  if (first) choose(cells.flat().find(Boolean));
}

function bodyRow(row, found, heads) {
  const prices = [...new Set(found.filter(Boolean).map((cell) => cell.price_text))];
  const slug = row.toLowerCase().replace(/[^a-z]+/g, "-");
  return h("tr", {}, h("th", { scope: "row" }, h("span", { class: `swatch sw-${slug}`, hidden: !isColour(slug) }), row, prices.length === 1 ? h("small", {}, figure(prices[0])) : ""),
    found.map((cell, at) => h("td", { class: cell ? null : "no-cell" }, cell ? cellButton(cell, [row, heads[at]].filter(Boolean).join(", "), prices.length > 1) : t("not made"))));
}

const COLOURS = new Set("black white grey gray charcoal brown dark-brown tan oxblood burgundy red navy blue sky green olive cream ivory beige stone sand pink purple yellow mustard orange camel denim indigo".split(" "));
const isColour = (slug) => COLOURS.has(slug);

function cellButton(cell, words, priced) {
  const stock = `${cell.stock ?? ""}`;
  const none = /^(0|-)/.test(stock);
  const low = stock === "1";
  const counted = stock !== "";
  const away = none && cell.elsewhere_text;
  const note = away ? cell.elsewhere_text : low ? t("last one") : priced ? cell.price_text : none ? t("none") : counted ? t("here") : cell.price_text;
  const button = h("button", { type: "button", class: `cell ${none ? "is-none" : low ? "is-low" : ""}`, "aria-pressed": "false", tabindex: "-1", "aria-label": `${words}: ${[cell.stock_text || cell.price_text, cell.elsewhere_text].filter(Boolean).join(", ")}` },
    h("b", {}, counted ? stock : "•"), h("span", {}, note));
  button.addEventListener("click", (event) => {
    choose(button);
    if (event.detail === 2) addPicked();
  });
  button.variant = { cell, words };
  return button;
}

function choose(button) {
  if (picked) {
    picked.button.setAttribute("aria-pressed", "false");
    picked.button.tabIndex = -1;
  }
  picked = { button, ...button.variant };
  button.setAttribute("aria-pressed", "true");
  button.tabIndex = 0;
  byId("pick-name").replaceChildren(`${picked.words} · `, figure(picked.cell.price_text));
  byId("pick-detail").replaceChildren(...[picked.cell.stock_text, picked.cell.elsewhere_text, picked.cell.elsewhere_text && template.told_text, h("span", { class: "mono ltr" }, picked.cell.code)].filter(Boolean).flatMap((part, at) => (at ? [" · ", part] : [part])));
}

function move(event) {
  const back = document.documentElement.dir === "rtl" ? 1 : -1;
  const way = { ArrowLeft: [0, back], ArrowRight: [0, -back], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (event.key === "Enter") {
    event.preventDefault();
    event.stopPropagation();
    addPicked();
  }
  if (!way || !picked) return;
  event.preventDefault();
  event.stopPropagation();
  let row = cells.findIndex((one) => one.includes(picked.button));
  let column = cells[row].indexOf(picked.button);
  do {
    row += way[0];
    column += way[1];
  } while (cells[row]?.[column] === null);
  const next = cells[row]?.[column];
  if (!next) return;
  choose(next);
  next.focus();
}
