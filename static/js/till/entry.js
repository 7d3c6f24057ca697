// A figure being typed, kept as text: money from the right like on a till ("1999" is 19.99), or a plain decimal.
import { plain } from "../language.js";

const LENGTH_MAX = 9; // 9,999,999.99

export class Entry {
  /** kind: "money" or "decimal". digits: the currency's minor digits, or the decimals allowed (0 = none). */
  constructor(kind, digits, lengthMax = LENGTH_MAX) {
    this.kind = kind;
    this.digits = digits;
    this.lengthMax = lengthMax;
    this.text = "";
  }

  clear() {
    this.text = "";
  }

  /** Take a key of the pad or the keyboard: a digit, "00", ".", "erase" or "clear". False = this key means nothing here. */
  press(typed) {
    const key = plain(typed);
    if (key === "erase") this.text = this.text.slice(0, -1);
    else if (key === "clear") this.text = "";
    else if (key === "." || key === ",") return this.#point();
    else if (/^\d+$/.test(key)) for (const digit of key) this.#digit(digit);
    else return false;
    return true;
  }

  #point() {
    if (this.digits === 0) return false;
    if (!this.text.includes(".")) this.text = `${this.text || "0"}.`;
    return true;
  }

  #digit(digit) {
    const decimals = this.text.split(".")[1];
    if (decimals !== undefined && decimals.length >= this.digits) return;
    if (this.text.length >= this.lengthMax) return;
    this.text = this.text === "0" ? digit : this.text + digit;
    if (this.kind === "money") this.text = this.text.replace(/^0+(?=\d)/, "");
  }

  /** The figure as the server wants it ("19.99"), or "" when nothing was typed. */
  value() {
    if (this.text === "") return "";
    if (this.text.includes(".")) {
      const [whole, rest] = this.text.split(".");
      return this.kind === "money" ? `${whole}.${rest.padEnd(this.digits, "0")}` : rest ? this.text : whole;
    }
    if (this.kind !== "money" || this.digits === 0) return this.text;
    const full = this.text.padStart(this.digits + 1, "0");
    return `${full.slice(0, -this.digits)}.${full.slice(-this.digits)}`;
  }

  /** Whether the typed figure is nothing but zeros. */
  isZero() {
    return !/[1-9]/.test(this.text);
  }
}

/** Shows a typed amount in the shop's currency. Texts go in, so no figure ever passes through a binary fraction. */
export function moneyFormat(shop) {
  const format = new Intl.NumberFormat((shop.locale || "en-GB").replace("_", "-"), { style: "currency", currency: shop.currency, numberingSystem: "latn" });
  const sign = (part) => (part.type === "currency" ? shop.symbol ?? part.value : part.value);
  return (text) => format.formatToParts(text).map(sign).join("").replaceAll("\u200f", "").replace(/^-/, "\u200e-");
}
