// Signing in: cashier code, then PIN; by keyboard or by the keypad. A scan is refused with a tone, it is no PIN.
import { plain, t } from "./language.js";
import { NoAnswer, Refused, get, post, setToken, whenStale } from "./till/api.js";
import { byId, put } from "./till/dom.js";
import { Scanner } from "./till/scan.js";
import * as sound from "./till/sound.js";

const code = byId("code");
const pin = byId("pin");
let field = code;

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
  if (!code.value.trim()) return code.focus();
  if (!pin.value) return pin.focus();
  try {
    await post("/api/sign-in", { code: plain(code.value.trim()), pin: plain(pin.value) });
    location.replace("/");
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    refuse(error instanceof NoAnswer ? t("The till server does not answer. Try again in a moment.") : error.message);
  }
  return undefined;
});

function refuse(sentence) {
  put(byId("say"), sentence);
  pin.value = "";
  pin.focus();
}

const scanner = new Scanner({ gap: 45, endKey: "Enter", prefix: "" }, {
  scanned() {
    sound.held();
    put(byId("say"), t("A scan does not sign anybody in. Type the code and the PIN."));
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
  if (session.scanner) scanner.options = { gap: session.scanner.key_gap_ms, endKey: session.scanner.end_key, prefix: session.scanner.prefix };
} catch (error) {
  if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
  put(byId("say"), t("The till server does not answer. Load this page again in a moment."));
}
byId("basket-kept").hidden = localStorage.getItem("tillkeep.basket") === null;
