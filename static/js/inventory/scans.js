// Scans and what is typed to find an item, in the order they came, none dropped: codes are kept with the lines until the
// server has said what they are.
import { plain, t } from "../language.js";
import { byId, h, pause, put } from "../till/dom.js";
import { Scanner } from "../till/scan.js";
import * as sound from "../till/sound.js";
import { NoAnswer, Refused, away, company, get, say, sayNow, withQuery } from "./base.js";
import { facts } from "./sheet.js";

/** place(): code of the place whose level is shown, "" = none. taken(found): put it on a line. held(): why not just now. */
export function startScans(sheet, { place, taken = (found) => sheet.raise(found), held = () => "" }) {
  const { key_gap_ms: gap, end_key: endKey, prefix } = facts.scanner;
  new Scanner({ gap, endKey, prefix }, { scanned: (code) => queue(sheet, code, held), typed: intoSearch }).listen();
  const search = byId("find");
  search.form.addEventListener("submit", (event) => {
    event.preventDefault();
    find(sheet, place, taken, held);
  });
  search.addEventListener("input", () => byId("found").replaceChildren());
  const step = () => run(sheet, place, taken);
  sheet.step = step;
  step();
}

function queue(sheet, code, held) {
  const why = held();
  if (why) {
    sound.held();
    return sayNow(why);
  }
  sheet.state.pending.push(code);
  sheet.keep();
  return sheet.step();
}

let letters = { text: "", at: 0 };

/** Letters over a list of choices choose, as they do where nobody listens for a scanner. */
function byLetters(select, text) {
  const now = Date.now();
  letters = { text: (now - letters.at < 1000 ? letters.text : "") + text.toLowerCase(), at: now };
  const choose = (value) => {
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const before = select.value;
  const found = [...select.options].find((one) => one.text.trim().toLowerCase().startsWith(letters.text));
  if (found && !select.disabled) choose(found.value);
  return () => before !== select.value && choose(before);
}

/** What a person types outside of a field looks for an item. */
function intoSearch(text) {
  if (document.activeElement?.tagName === "SELECT") return byLetters(document.activeElement, text);
  const search = byId("find");
  const before = search.value;
  search.focus();
  search.value += text;
  return () => {
    search.value = before;
  };
}

let running = false;

async function run(sheet, place, taken) {
  if (running) return;
  running = true;
  try {
    while (sheet.state.pending.length) {
      const code = sheet.state.pending[0];
      const found = await lookUp(sheet, code, place());
      sheet.state.pending.shift();
      if (found.why) unknown(sheet, code, found.why);
      else take(found, taken);
    }
  } finally {
    running = false;
    sheet.keep();
  }
}

function unknown(sheet, code, why) {
  sound.unknown();
  sheet.addUnknown(code, why);
  sayNow(why);
}

function take(found, taken) {
  const line = taken(found);
  if (!line) return;
  sound.added();
  say(t("{name}: {quantity}", { name: line.name, quantity: line.quantity }));
}

/** The line behind a code, or { why }; asks until there is an answer. */
async function lookUp(sheet, code, place) {
  for (;;) {
    try {
      const { line } = await get(withQuery("/api/inventory/lookup", { code, location: place, company }));
      away(false);
      return line;
    } catch (error) {
      if (error instanceof Refused && error.status !== 401) return { why: error.message };
      if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
      away(true);
      await pause(1000);
    }
  }
}

/** Enter in the search field: a code, or the items whose words match. */
async function find(sheet, place, taken, held) {
  const search = byId("find");
  const text = plain(search.value.trim());
  if (!text) return search.focus();
  if (held()) return sayNow(held());
  const choose = (line) => {
    byId("found").replaceChildren();
    search.value = "";
    search.focus();
    take({ ...line, quantity: line.quantity ?? "1" }, taken);
  };
  try {
    return choose((await get(withQuery("/api/inventory/lookup", { code: text, location: place(), company }))).line);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
  }
  try {
    const { lines } = await get(withQuery("/api/inventory/find", { q: text, location: place(), company }));
    return showFound(lines, text, choose);
  } catch (error) {
    if (error instanceof NoAnswer) return sayFound(t("The till server does not answer. Try again."));
    if (error instanceof Refused) return sayFound(error.message);
    throw error;
  }
}

function sayFound(text) {
  byId("found").replaceChildren(h("p", { class: "note" }, text));
}

function showFound(lines, text, choose) {
  if (!lines.length) {
    sound.unknown();
    byId("find").select(); // what is typed next takes its place
    return sayFound(t("Nothing is called {text}, and no code is.", { text }));
  }
  const button = (line) => {
    const one = h("button", { class: "found-item", type: "button" }, h("b", { dir: "auto" }, line.name), h("span", {}, h("bdi", {}, line.sku), line.detail ? ` · ${line.detail}` : "", "level" in line && line.levelText && !byId("lines").dataset.blind ? ` · ${line.levelText} ${line.uom}` : ""));
    one.addEventListener("click", () => choose(line));
    return h("li", {}, one);
  };
  byId("found").replaceChildren(h("ul", { class: "found-list" }, lines.map(button)));
  return put(byId("say-polite"), t("{n} found", { n: lines.length }));
}
