// The lines of a sheet, each drawn once and changed in place, so that a scan never takes the keyboard from a field.
import { plain, t, tn } from "../language.js";
import { byId, h, icon, put } from "../till/dom.js";
import { oneLess, plus, thousandths } from "../till/quantity.js";
import { keyOf } from "./sheet.js";

/**
 * columns: what a line shows besides its item and quantity: "level", "cost", "left".
 * least: the smallest quantity that stays a line with the minus button ("0" for counts and levels).
 */
export function startRows(sheet, { columns = ["level"], least = "1", locked = () => false } = {}) {
  const list = byId("lines");
  const rows = new Map();
  const paint = () => {
    const seen = new Set();
    sheet.lines.forEach((line, at) => {
      const key = keyOf(line);
      seen.add(key);
      if (!rows.has(key)) rows.set(key, build(sheet, key, { columns, least, locked }));
      const row = rows.get(key);
      row.fill(line);
      if (list.children[at] !== row.element) list.insertBefore(row.element, list.children[at] ?? null);
    });
    for (const [key, row] of rows) {
      if (seen.has(key)) continue;
      row.element.remove();
      rows.delete(key);
    }
    paintSums(sheet);
    const last = rows.get(sheet.state.last)?.element;
    if (last && last !== paint.last && !list.contains(document.activeElement)) last.scrollIntoView({ block: "nearest" });
    paint.last = last;
  };
  sheet.whenChanged(paint);
  paint();
}

/** A quantity as people of this language write it. */
const inLocale = (text) => new Intl.NumberFormat(document.documentElement.lang || "en", { maximumFractionDigits: 3, numberingSystem: "latn" }).format(text);

function paintSums(sheet) {
  const filled = sheet.filled().length;
  const waiting = sheet.state.pending.length;
  byId("lines-none").hidden = sheet.lines.length > 0;
  const words = [filled ? t("{lines}, {total} in all", { lines: tn("{n} line", "{n} lines", filled), total: inLocale(sheet.total()) }) : "", waiting ? tn("{n} scan waits", "{n} scans wait", waiting) : ""];
  put(byId("sums"), words.filter(Boolean).join(" · "));
}

let made = 0;

function build(sheet, key, { columns, least, locked }) {
  const line = () => sheet.lines.find((one) => keyOf(one) === key);
  if (key.startsWith("?")) return unknownRow(sheet, line);
  const name = h("b", { dir: "auto" });
  const code = h("span", { class: "code" });
  const figures = h("dl", { class: "line-figures" });
  made += 1;
  const id = `qty-${made}`;
  const quantity = h("input", { class: "form-control qty", id, inputmode: "decimal", autocomplete: "off", maxlength: "14" });
  const cost = columns.includes("cost") ? h("input", { class: "form-control cost", inputmode: "decimal", autocomplete: "off", maxlength: "14" }) : null;
  const problem = h("p", { class: "problem line-problem", id: `${id}-p` });
  const mode = h("div", { class: "line-mode" });
  const button = (glyph, label, act) => h("button", { class: "btn step", type: "button", tabindex: "-1", "data-label": label, onclick: () => locked() || act(line()) }, icon(glyph));
  const change = (one, value) => {
    Object.assign(one, { quantity: value, error: "", at: Date.now() });
    sheet.keep();
  };
  const minus = button("minus", "less", (one) => {
    const now = thousandths(one.quantity) ?? 0n;
    const less = now >= 1000n && least === "0" ? oneLess(one.quantity) ?? "0" : oneLess(one.quantity || "0");
    if (thousandths(one.quantity) !== null && less !== null) change(one, less);
  });
  const more = button("plus", "more", (one) => change(one, plus(thousandths(one.quantity) === null ? "0" : one.quantity, "1")));
  const gone = h("button", { class: "btn gone", type: "button", onclick: () => locked() || sheet.remove(line()) }, icon("bin"));
  quantity.addEventListener("input", () => change(line(), plain(quantity.value.trim())));
  quantity.addEventListener("focus", () => quantity.select());
  cost?.addEventListener("input", () => {
    Object.assign(line(), { cost: plain(cost.value.trim()), error: "" });
    sheet.keep();
  });
  const element = h("li", { class: "line" }, h("div", { class: "line-what" }, name, code), figures, h("div", { class: "line-qty" }, minus, quantity, more), cost ? h("label", { class: "line-cost" }, h("span", {}, t("Cost each")), cost) : null, gone, problem, mode);
  const fill = (one) => {
    put(name, one.name);
    put(code, [one.sku, one.detail].filter(Boolean).join(" · "));
    const shown = shownFigures(one, columns);
    if (figures.dataset.shown !== JSON.stringify(shown)) {
      figures.dataset.shown = JSON.stringify(shown);
      figures.replaceChildren(...shown.map(([words, value]) => h("div", {}, h("dt", {}, words), h("dd", {}, h("bdi", {}, value)))));
    }
    if (quantity !== document.activeElement && quantity.value !== one.quantity) quantity.value = one.quantity;
    if (quantity === document.activeElement && plain(quantity.value.trim()) !== one.quantity) quantity.value = one.quantity;
    if (cost && cost !== document.activeElement && cost.value !== (one.cost ?? "")) cost.value = one.cost ?? "";
    quantity.setAttribute("aria-label", t("Quantity of {name}", { name: one.name }));
    cost?.setAttribute("aria-label", t("Cost of one {name}", { name: one.name }));
    minus.setAttribute("aria-label", t("One less of {name}", { name: one.name }));
    more.setAttribute("aria-label", t("One more of {name}", { name: one.name }));
    gone.setAttribute("aria-label", t("Take {name} off", { name: one.name }));
    const isLocked = locked();
    quantity.readOnly = isLocked;
    if (cost) cost.readOnly = isLocked;
    put(problem, one.error ?? "");
    paintMode(sheet, mode, one, line);
    quantity.setAttribute("aria-invalid", one.error ? "true" : "false");
    quantity.setAttribute("aria-describedby", problem.id);
    element.classList.toggle("is-last", sheet.state.last === key);
    element.classList.toggle("is-wrong", Boolean(one.error));
  };
  return { element, fill };
}

const MODES = { more: () => t("Counted as more of it"), instead: () => t("Counts instead of what was there") };

/** Somebody counted this item before: is it more of it, or does it count instead? */
function paintMode(sheet, place, one, line) {
  const shown = one.clash ? "ask" : one.mode ?? "";
  if (place.dataset.shown === shown) return;
  place.dataset.shown = shown;
  const choose = (mode, words) => h("button", { class: "btn btn-sm", type: "button", onclick: () => {
    Object.assign(line(), { mode, clash: false, error: "" });
    sheet.keep();
  } }, words);
  place.replaceChildren(...(one.clash ? [choose("more", t("It is more of it")), choose("instead", t("It counts instead"))] : one.mode ? [h("span", { class: "quiet" }, MODES[one.mode]())] : []));
}

function shownFigures(one, columns) {
  const found = [];
  if (columns.includes("left") && one.left !== undefined) found.push([t("Ordered"), one.orderedText], [t("To come"), one.leftText]);
  if (columns.includes("level")) found.push([t("On hand"), one.levelText || "–"], [t("Available"), one.availableText || "–"]);
  return found;
}

function unknownRow(sheet, line) {
  const words = h("b", {});
  const why = h("span", {});
  const gone = h("button", { class: "btn gone", type: "button", "aria-label": t("Take this code off"), onclick: () => sheet.remove(line()) }, icon("bin"));
  const element = h("li", { class: "line is-unknown" }, icon("warn"), h("div", { class: "line-what" }, words, why), gone);
  return {
    element,
    fill: (one) => {
      put(words, one.code);
      put(why, one.error);
    },
  };
}
