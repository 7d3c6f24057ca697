// A scanner is a keyboard that types faster than a person. Decided by speed and the end key alone, never by length or letters.
//
// Outside text fields each character is held for a moment: a code never reaches a pad, an amount or a button. In a text
// field characters appear at once and are taken back out when they turn out to be a code. Times are the events' own, so a
// busy page does not mistake a scanner for a person.
import { plain } from "../language.js";
import { isTextField } from "./dom.js";

const GS = "\x1d"; // FNC1 inside a GS1 code; scanners send it raw or as Ctrl+]
const CHARACTERS_MIN = 2; // a speed needs two keys to be measured
const END_GAPS = 2; // scanners pause a little before the end key

export class Scanner {
  /**
   * options: gap (milliseconds between keys), endKey, prefix.
   * scanned(code): a code came in. typed(text): a person typed outside a text field; answers a function that takes it back.
   */
  constructor(options, { scanned, typed }) {
    this.options = options;
    this.scanned = scanned;
    this.typed = typed;
    this.burst = null;
    this.swallow = "";
  }

  listen(target = document) {
    target.addEventListener("keydown", (event) => this.#down(event), true);
    target.addEventListener("keyup", (event) => this.#up(event), true);
    target.addEventListener("pointerdown", () => this.settle(), true);
    window.addEventListener("blur", () => this.settle());
  }

  #down(event) {
    if (event.isComposing || ["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock"].includes(event.key)) return;
    const { gap } = this.options;
    const since = this.burst ? event.timeStamp - this.burst.last : Infinity;
    const character = event.repeat ? null : characterOf(event);
    if (character !== null && (character !== GS || since <= gap)) this.#character(event, character, since <= gap);
    else if (this.#ends(event, since)) this.#end(event);
    else this.settle();
  }

  #up(event) {
    if (event.key !== this.swallow) return;
    this.swallow = "";
    stop(event);
  }

  #character(event, character, fast) {
    if (!fast) {
      this.settle();
      // Space presses the focused button when a person types it; no code starts with one.
      if (character === " " && !isTextField(event.target)) return;
      this.burst = { text: "", held: "", undo: null, last: 0, timer: 0 };
      if (isTextField(event.target)) this.burst.undo = restorer(event.target);
    }
    const { burst } = this;
    burst.text += character;
    burst.last = event.timeStamp;
    if (!isTextField(document.activeElement) || burst.held) {
      burst.held += character;
      stop(event);
    } else if (character === GS) stop(event);
    this.#arm();
  }

  #ends(event, since) {
    if (!this.burst || this.burst.text.length < CHARACTERS_MIN || since > this.options.gap * END_GAPS) return false;
    if (event.ctrlKey) return event.key.toLowerCase() === "m" || event.key.toLowerCase() === "j"; // CR and LF as control keys
    return event.key === this.options.endKey;
  }

  #end(event) {
    stop(event);
    this.swallow = event.key;
    const { burst } = this;
    clearTimeout(burst.timer);
    this.burst = null;
    burst.undo?.();
    const { prefix } = this.options;
    const code = prefix && burst.text.startsWith(prefix) ? burst.text.slice(prefix.length) : burst.text;
    if (code) this.scanned(code);
  }

  #arm() {
    const { burst } = this;
    clearTimeout(burst.timer);
    const gaps = burst.text.length < CHARACTERS_MIN ? 1 : END_GAPS;
    burst.timer = setTimeout(() => this.#late(burst), this.options.gap * gaps);
  }

  #late(burst) {
    if (burst !== this.burst) return;
    // Keys that came in time may still wait behind a long task: let them be heard first.
    if (navigator.scheduling?.isInputPending?.()) this.#arm();
    else this.#release();
  }

  /** What was held back was typed by a person: let it go where typing goes. The burst may still turn out to be a code. */
  #release() {
    const { burst } = this;
    if (!burst.held) return;
    const text = burst.held.replaceAll(GS, "");
    burst.held = "";
    const undo = this.typed(text) ?? (() => {});
    burst.undo ??= undo;
  }

  /** Whatever comes next is not part of this burst. */
  settle() {
    if (!this.burst) return;
    clearTimeout(this.burst.timer);
    this.#release();
    this.burst = null;
  }
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function characterOf(event) {
  if (event.key === GS) return GS;
  const altGraph = event.getModifierState?.("AltGraph");
  if (event.ctrlKey && !altGraph) return event.key === "]" || event.code === "BracketRight" ? GS : null;
  if ((event.altKey && !altGraph) || event.metaKey) return null;
  return event.key.length === 1 ? plain(event.key) : null; // digits are digits, whatever the keyboard's script
}

/** Remembers a field as it is now; called later, it puts that back. */
function restorer(field) {
  const { value } = field;
  const [from, to] = [field.selectionStart, field.selectionEnd];
  return () => {
    if (field.value === value) return;
    field.value = value;
    if (from !== null) field.setSelectionRange(from, to);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
}

const BADGE_CHARS_MIN = 8; // pos/store/people.py

/** What came in where a person is asked for: a badge, the quick end of a PIN, or neither. */
export function whoseIs(text) {
  if (text.length >= BADGE_CHARS_MIN) return "badge";
  return /^[0-9]{1,7}$/.test(text) ? "pin" : "";
}
