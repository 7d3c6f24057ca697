// What a stock-keeper has scanned and typed, kept in this browser until the server has answered: a reload, a lost line or
// somebody else's sign-in loses nothing. One sheet for each kind of work, company and person.
import { t } from "../language.js";
import { plus, quantityText, thousandths } from "../till/quantity.js";
import { uuid7 } from "../till/uuid.js";
import { company, sayNow, who } from "./base.js";

/** What the page was given: places, reasons, the scanner, whom to ask to agree. */
export const facts = JSON.parse(document.getElementById("facts").textContent);

export class Sheet {
  /** name: which work. fields: what is chosen besides lines, as it is at first. */
  constructor(name, fields = {}) {
    this.key = `tillkeep.stock.${name}.${company}.${who}`;
    this.first = fields;
    this.listeners = [];
    this.state = this.#read() ?? this.#fresh();
    addEventListener("storage", (event) => {
      if (event.key !== this.key) return; // the same work in another window of this browser
      this.state = this.#read() ?? this.#fresh();
      this.#tell();
    });
  }

  /** Be told after each change. */
  whenChanged(listener) {
    this.listeners.push(listener);
  }

  get lines() {
    return this.state.lines;
  }

  get fields() {
    return this.state.fields;
  }

  set(name, value) {
    this.state.fields[name] = value;
    this.keep();
  }

  /** Keep it and say so. */
  keep() {
    try {
      localStorage.setItem(this.key, JSON.stringify(this.state));
    } catch {
      sayNow(t("This browser has no room to keep the lines. Save them now."));
    }
    this.#tell();
  }

  /** Done: the next work begins, with an id of its own. What was chosen stays chosen. */
  clear(fields = this.state.fields) {
    this.state = this.#fresh();
    this.state.fields = fields;
    this.keep();
  }

  /** So much more of an item; the line, which goes to the top when it is new. */
  raise(found) {
    let line = this.lines.find((one) => !one.unknown && one.sku === found.sku);
    if (line) {
      const before = thousandths(line.quantity) === null ? "0" : line.quantity;
      Object.assign(line, { quantity: plus(before, found.quantity), level: found.level, levelText: found.levelText, availableText: found.availableText });
    } else {
      line = { ...found };
      this.lines.unshift(line);
    }
    Object.assign(line, { error: "", at: Date.now() });
    this.state.last = keyOf(line);
    this.keep();
    return line;
  }

  /** A code nobody knows is a line of its own, so that it is not forgotten. */
  addUnknown(code, why) {
    if (!this.lines.some((one) => one.unknown && one.code === code)) this.lines.unshift({ unknown: true, code, error: why });
    this.state.last = `?${code}`;
    this.keep();
  }

  remove(line) {
    this.state.lines = this.lines.filter((one) => one !== line);
    this.keep();
  }

  /** Lines that count: those with something on them. */
  filled() {
    return this.lines.filter((one) => !one.unknown && one.quantity !== "");
  }

  /** All quantities together, as text. */
  total() {
    return quantityText(this.filled().reduce((sum, one) => sum + (thousandths(one.quantity) ?? 0n), 0n));
  }

  #fresh() {
    return { id: uuid7(), fields: { ...this.first }, lines: [], pending: [], codes: {}, sent: false, last: "" };
  }

  #read() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  #tell() {
    for (const listener of this.listeners) listener();
  }
}

/** What a line is called among the others. */
export const keyOf = (line) => (line.unknown ? `?${line.code}` : `${line.sku} ${line.orderLine ?? ""}`);
