// Items: groups, search and tiles, a page at a time. The server searches; the page never holds the catalogue.
import { t, tn } from "../language.js";
import { NoAnswer, Refused, get, withQuery } from "./api.js";
import { byId, disable, figure, h, icon, isDisabled, put } from "./dom.js";
import { noAnswer } from "./status.js";
import { on, state, tell } from "./state.js";

const SEARCH_AFTER_MS = 120;
const ROW_LEAST_PX = 84;
const GAP_PX = 8;
const NAME_LONG = 20; // characters that fit one line of a tile; a little longer is set smaller, much longer takes two lines
const NAME_LONGER = 24;
const PRICE_LONG = 9; // "from £89.00" stands beside the stock

let group = "";
let offset = 0;
let limit = 8;
let question = 0; // numbers the searches; only the last one's answer is painted
let found = { items: [], shown: 0, total: 0 };
let timer = 0;
let pick = () => {};
let lookUp = async () => false;

/** picked(tile): a tile was pressed. scanned(text): a typed text may be a code; answers whether it was. */
export function startItems({ picked, scanned }) {
  pick = picked;
  lookUp = scanned;
  const search = byId("search");
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => showPage(0), SEARCH_AFTER_MS);
  });
  search.addEventListener("keydown", searchKeys);
  byId("clear-search").addEventListener("click", clearSearch);
  byId("page-back").addEventListener("click", () => turnPage(-1));
  byId("page-more").addEventListener("click", () => turnPage(1));
  byId("results").addEventListener("keydown", moveInResults);
  on("finding", paintFound);
  new ResizeObserver(fit).observe(byId("results"));
  fit();
}

/** Groups and the first page; also after the catalogue changed. */
export async function refreshItems() {
  await Promise.all([showGroups(), showPage(offset)]);
}

async function showGroups() {
  const answer = await ask("/api/groups");
  if (!answer) return;
  byId("groups").replaceChildren(...answer.groups.map((one) => h("button", { type: "button", class: `tile group g${one.index}`, "aria-pressed": one.name === group ? "true" : "false", onclick: () => chooseGroup(one.name) },
    h("span", {}, one.name), h("small", {}, tn("{n} item", "{n} items", one.count)))));
}

function chooseGroup(name) {
  group = group === name ? "" : name;
  for (const button of byId("groups").children) button.setAttribute("aria-pressed", button.firstChild.textContent === group ? "true" : "false");
  showPage(0);
}

async function ask(path) {
  try {
    const answer = await get(path);
    noAnswer("");
    return answer;
  } catch (error) {
    if (error instanceof NoAnswer) noAnswer(t("The till server does not answer. Items come back when it does; the basket is kept."));
    else if (!(error instanceof Refused)) throw error;
    return null;
  }
}

async function showPage(from) {
  question += 1;
  const mine = question;
  const q = byId("search").value.trim();
  const answer = await ask(withQuery("/api/items", { q, group, offset: `${from}`, limit: `${limit}` }));
  if (!answer || mine !== question) return;
  offset = from;
  found = answer;
  paintResults(q);
  paintFound();
}

function paintResults(q) {
  const words = q.split(/\s+/).filter(Boolean);
  const results = byId("results");
  const held = results.contains(document.activeElement) ? document.activeElement.dataset.code : undefined;
  results.replaceChildren(...found.items.map((tile) => tileButton(tile, words)));
  results.classList.toggle("is-few", found.items.length < limit);
  if (!found.items.length) results.append(h("p", { class: "nothing" }, q ? t("Nothing here has all of “{words}”. Try fewer letters, or another group.", { words: q }) : t("No items yet. They come with the next round of items, or with an import.")));
  results.scrollTop = 0;
  // A tile somebody went to by keyboard stays theirs when the list is painted anew.
  if (held !== undefined) [...results.children].find((one) => one.dataset.code === held)?.focus();
}

function tileButton(tile, words) {
  const stock = tile.stock_text ? h("span", { class: /^(0|-)/.test(tile.stock ?? "1") ? "none" : "" }, /^(0|-)/.test(tile.stock ?? "1") && tile.elsewhere_text ? tile.elsewhere_text : tile.stock_text) : "";
  const opens = tile.has_variants ? [icon("grid"), h("span", { class: "sr" }, t("opens sizes and colours"))] : tile.weighed ? [icon("weigh"), h("span", { class: "sr" }, t("asks for the weight"))] : [];
  return h("button", { type: "button", "data-code": tile.code, class: `tile item g${tile.group_index}${lengthOf(tile.name)}`, onclick: () => pick(tile) },
    h("b", {}, h("span", { dir: "auto" }, marked(tile.name, words))), h("span", { class: "detail" }, h("span", { dir: "auto" }, marked(tile.detail || tile.group, words))),
    h("span", { class: "foot-row" }, h("span", {}, stock, " ", opens), h("span", { class: tile.price_text.length > PRICE_LONG ? "price is-from" : "price" }, tile.open_price && !tile.price_text ? t("Type price") : figure(tile.price_text))));
}

const lengthOf = (name) => (name.length > NAME_LONGER ? " is-long is-longer" : name.length > NAME_LONG ? " is-long" : "");

/** The text with the words that were searched for marked in it. */
function marked(text, words) {
  if (!words.length) return [text];
  const shape = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "gi");
  return text.split(shape).map((part, at) => (at % 2 ? h("mark", {}, part) : part));
}

function paintFound() {
  const looking = state.finding !== null;
  const shown = found.items.length;
  byId("found").classList.toggle("is-finding", looking);
  const many = found.total_text ?? `${found.total}`;
  const line = state.basket.lines.find((one) => one.line === state.finding);
  byId("found-words").replaceChildren(looking && line ? h("b", {}, t("Which item is {code}?", { code: line.code })) : h("b", {}, t("{shown} of {total} shown", { shown, total: many })));
  byId("clear-search").hidden = !looking && byId("search").value === "" && group === "";
  put(byId("clear-search").lastElementChild, looking ? t("Stop looking") : t("Clear"));
  disable(byId("page-back"), offset === 0);
  disable(byId("page-more"), offset + shown >= found.total);
  put(byId("page-span"), shown ? t("{first}–{last} of {total}", { first: offset + 1, last: offset + shown, total: many }) : "");
}

export function turnPage(by) {
  if (isDisabled(byId(by > 0 ? "page-more" : "page-back"))) return;
  showPage(Math.max(0, offset + by * limit));
}

/** Back to all items. Looking for an unknown code's item ends, too. */
export function clearSearch() {
  byId("search").value = "";
  state.finding = null;
  tell("finding");
  if (group) chooseGroup(group);
  else showPage(0);
}

export function focusSearch(text = "") {
  const search = byId("search");
  const { pane } = byId("till").dataset;
  showPane("items");
  const before = search.value;
  search.focus();
  if (!text) {
    search.select();
    return () => {};
  }
  search.setRangeText(text, search.selectionStart, search.selectionEnd, "end");
  search.dispatchEvent(new Event("input", { bubbles: true }));
  return () => {
    search.value = before;
    search.dispatchEvent(new Event("input", { bubbles: true }));
    search.blur();
    showPane(pane);
  };
}

/** On a tablet or phone one of the two is seen at a time. */
export function showPane(name) {
  byId("till").dataset.pane = name;
  for (const button of document.querySelectorAll("[data-show]")) {
    const is = button.dataset.show === name;
    button.setAttribute(button.classList.contains("tab") ? "aria-pressed" : "aria-current", is ? "true" : "false");
    if (!is) button.removeAttribute("aria-current");
  }
}

async function searchKeys(event) {
  if (event.key === "ArrowDown") byId("results").querySelector("button")?.focus();
  else if (event.key === "Escape" && (event.target.value || state.finding)) clearSearch();
  else if (event.key === "Enter") await enter(event.target.value.trim());
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Enter: a code typed by hand, or the only match; with several matches the first is put forward. */
async function enter(text) {
  clearTimeout(timer);
  if (!text) return;
  if (!/\s/.test(text) && (await lookUp(text))) {
    byId("search").select();
    return;
  }
  await showPage(0);
  if (found.total === 1) pick(found.items[0]);
  else byId("results").querySelector("button")?.focus();
}

function moveInResults(event) {
  const tiles = [...byId("results").querySelectorAll("button")];
  const at = tiles.indexOf(event.target);
  const columns = getComputedStyle(byId("results")).gridTemplateColumns.split(" ").length;
  const back = document.documentElement.dir === "rtl" ? 1 : -1;
  const by = { ArrowLeft: back, ArrowRight: -back, ArrowUp: -columns, ArrowDown: columns }[event.key];
  if (at < 0 || !by) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "ArrowUp" && at < columns) byId("search").focus();
  else tiles[Math.min(Math.max(at + by, 0), tiles.length - 1)].focus();
}

/** As many tiles as fit without scrolling. */
function fit() {
  const box = byId("results");
  if (box.clientHeight === 0) return;
  const columns = getComputedStyle(box).gridTemplateColumns.split(" ").length;
  const rows = Math.max(2, Math.floor((box.clientHeight + GAP_PX) / (ROW_LEAST_PX + GAP_PX)));
  if (rows * columns === limit) return;
  limit = rows * columns;
  if (question) showPage(0);
}
