// The frame of a page beside selling. It starts by itself; the page's own module awaits `session`.
import { openedDialog, startDialogs } from "../till/dialogs.js";
import { isTextField } from "../till/dom.js";
import { openSession, startBars, startNews } from "../till/frame.js";
import { isFunctionKey } from "../till/keys.js";
import { lockNow } from "../till/lock.js";
import { startScanning } from "../till/scanning.js";
import { state } from "../till/state.js";

const backs = [];
const listeners = [];

/** Be told when somebody unlocked: what is shown may be another person's by now. */
export const whenBack = (listener) => backs.push(listener);

/** Be told of the server's news. */
export const whenHeard = (listener) => listeners.push(listener);

function key(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (state.locked || openedDialog()) return void (isFunctionKey(event.key) && event.preventDefault());
  if (event.key === state.session?.keys.lock) lockNow();
  else if (event.key === "Escape" && !isTextField(event.target)) location.assign("/");
  else return;
  event.preventDefault();
}

async function begin() {
  startDialogs();
  startBars();
  startScanning();
  document.addEventListener("mousedown", (event) => event.target.closest(".pad") && event.preventDefault());
  const session = await openSession();
  if (!session) return null;
  startNews({
    back: (again) => backs.forEach((listener) => listener(again)),
    heard: (message) => listeners.forEach((listener) => listener(message)),
  });
  window.addEventListener("keydown", key); // after the page's own keys
  return session;
}

/** Who is signed in, and the till's settings; null when the sign-in page is on its way. */
export const session = begin();
