// The lock over the screen. The basket behind it stays as it is; the server refuses everything until the PIN is right.
import { plain, t } from "../language.js";
import { NoAnswer, Refused, post } from "./api.js";
import { sayNow } from "./a11y.js";
import { byId, pause, put } from "./dom.js";
import { whoseIs } from "./scan.js";
import * as sound from "./sound.js";
import { state, tell } from "./state.js";
import { flush } from "./takenoff.js";

const TELL_MS = 800;

let touched = performance.now();
let badge = "";

/** unlocked(session): the person is back. */
export function startLock(unlocked) {
  for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, () => (touched = performance.now()), true);
  setInterval(lockWhenIdle, 1000);
  byId("lock-form").addEventListener("submit", (event) => unlock(event, unlocked));
  byId("lock-other").addEventListener("click", someoneElse);
  byId("lock").querySelector(".pad").addEventListener("click", (event) => {
    const key = event.target.closest("[data-pad]")?.dataset.pad;
    if (key) typePin(key);
  });
}

function lockWhenIdle() {
  const seconds = state.session?.idle_lock_seconds ?? 0;
  if (!seconds || state.locked || state.sending || !state.session?.user) return;
  if (performance.now() - touched > seconds * 1000) lockNow(t("Nobody touched this till for a while."));
}

/** Lock here and on the server. */
export async function lockNow(why = "") {
  if (state.sending || state.locked) return;
  const told = flush(); // by whoever took it off; the next person may be another
  cover(why);
  await Promise.race([told, pause(TELL_MS)]);
  try {
    await post("/api/lock");
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error; // the screen is covered either way
  }
}

/** Cover the screen; the server has locked already, or will be told. */
export function cover(why = "") {
  if (state.locked) return;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close("cancel");
  state.locked = true;
  put(byId("lock-title"), state.session?.user ? t("{name}, locked", { name: state.session.user.name }) : t("Locked"));
  put(byId("lock-why"), `${why} ${t("The basket is kept.")}`.trim());
  put(byId("lock-say"), "");
  byId("lock-pin").value = badge = "";
  byId("lock").hidden = false;
  byId("app").inert = true;
  byId("lock-pin").focus();
  tell("locked");
}

function typePin(key) {
  const pin = byId("lock-pin");
  if (key === "erase") pin.value = pin.value.slice(0, -1);
  else if (key === "clear") pin.value = "";
  else pin.value += key;
  pin.focus();
}

/** Typed while the PIN field had lost the focus. */
export function typeIntoLock(text) {
  const pin = byId("lock-pin");
  const before = pin.value;
  pin.value += text;
  pin.focus();
  return () => {
    pin.value = before;
  };
}

/** A badge read while the till is locked: whoever holds it goes on with the basket. */
export function scannedIntoLock(text) {
  const pin = byId("lock-pin");
  const kind = whoseIs(text);
  if (kind === "pin") {
    pin.value += text;
    return byId("lock-form").requestSubmit();
  }
  if (!kind) {
    sound.held();
    put(byId("lock-say"), t("A scan does not unlock the till. Scan again after the PIN."));
    return sayNow(t("A scan does not unlock the till."));
  }
  badge = text;
  pin.value = "";
  pin.focus();
  if (state.session?.badge_needs_pin === false) return byId("lock-form").requestSubmit();
  put(byId("lock-say"), t("Badge read. Type the PIN."));
  return sayNow(t("Badge read. Type the PIN."));
}

async function unlock(event, unlocked) {
  event.preventDefault();
  const pin = plain(byId("lock-pin").value);
  if (!pin && !badge) return;
  const by = badge;
  badge = "";
  try {
    const session = by ? await post("/api/sign-in", { badge: by, pin, basket: state.basket?.id ?? "" }) : await post("/api/unlock", { pin });
    byId("lock").hidden = true;
    byId("app").inert = false;
    state.locked = false;
    touched = performance.now();
    tell("locked");
    unlocked(session);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("lock-say"), error instanceof NoAnswer ? t("The till server does not answer. Try again in a moment.") : error.message);
    byId("lock-pin").value = "";
    byId("lock-pin").focus();
  }
}

async function someoneElse() {
  try {
    await post("/api/sign-out");
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
  }
  location.assign("/sign-in");
}
