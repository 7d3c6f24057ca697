// Signing in: cashier code or badge, then PIN; by keyboard or by the keypad.
import { plain, t } from "./language.js";
import { NoAnswer, Refused, get, post, setToken, whenStale } from "./till/api.js";
import { byId, put } from "./till/dom.js";
import { Scanner, whoseIs } from "./till/scan.js";

const code = byId("code");
const pin = byId("pin");
let field = code;
let badge = "";
let badgeAlone = false;

for (const input of [code, pin]) {
  input.addEventListener("focus", () => {
    field = input;
    put(byId("go-word"), input === pin ? t("Sign in") : t("Next"));
  });
}

// A code may have letters: whoever touches the field gets the tablet's own keyboard; opening the page does not raise it.
code.addEventListener("click", () => (code.inputMode = "text"));

document.querySelector(".pad").addEventListener("click", (event) => {
  const key = event.target.closest("[data-pad]")?.dataset.pad;
  if (key) press(key);
});

function press(key) {
  if (key === "erase") field.value = field.value.slice(0, -1);
  else if (key === "clear") field.value = "";
  else if (field.value.length < field.maxLength) field.value += key;
  field.focus();
}

byId("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!badge && !code.value.trim()) return code.focus();
  if (!pin.value) return pin.focus();
  return signIn();
});

async function signIn() {
  const who = badge ? { badge } : { code: plain(code.value.trim()) };
  try {
    await post("/api/sign-in", { ...who, pin: plain(pin.value) });
    location.replace(new URLSearchParams(location.search).get("to") === "inventory" ? "/inventory" : "/");
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    refuse(error instanceof NoAnswer ? t("The till server does not answer. Try again in a moment.") : error.message);
  }
}

function refuse(sentence) {
  put(byId("say"), sentence);
  pin.value = "";
  const again = badge ? code : pin; // another badge may be meant, or the code after all
  forgetBadge();
  again.focus();
}

// What is typed as a code takes the place of a badge read before.
code.addEventListener("input", forgetBadge);

function forgetBadge() {
  badge = "";
  code.placeholder = "";
}

/** A badge stands for the code; the PIN is typed, unless the shop lets the badge alone do. */
function readBadge(text) {
  badge = text;
  code.value = "";
  code.placeholder = t("Badge");
  pin.value = "";
  pin.focus();
  if (badgeAlone) return signIn();
  return put(byId("say"), t("Badge read. Type the PIN."));
}

/** The quick end of what was typed, and Enter: too short for a badge. */
function enter(text) {
  field.value = (field.value + text).slice(0, field.maxLength);
  if (field === code) forgetBadge();
  byId("sign-in").requestSubmit();
}

const scanner = new Scanner({ gap: 45, endKey: "Enter", prefix: "" }, {
  scanned(text) {
    if (whoseIs(text) === "badge") readBadge(text);
    else enter(text);
  },
  typed(text) {
    const before = field.value;
    for (const character of text) press(character);
    const typed = field;
    return () => {
      typed.value = before;
    };
  },
});
scanner.listen();

// Quicker than the page's own question after the session: the token is fetched on the way.
whenStale(async () => (await get("/api/session")).csrf);
try {
  const session = await get("/api/session");
  setToken(session.csrf);
  badgeAlone = session.badge_needs_pin === false;
  if (session.scanner) scanner.options = { gap: session.scanner.key_gap_ms, endKey: session.scanner.end_key, prefix: session.scanner.prefix };
} catch (error) {
  if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
  put(byId("say"), t("The till server does not answer. Load this page again in a moment."));
}
byId("basket-kept").hidden = localStorage.getItem("tillkeep.basket") === null;
