// What the frame of every page does: who is signed in, the lock, the status bar, the bell, the clock, this screen's settings.
import { t } from "../language.js";
import { NoAnswer, Refused, get, setToken, whenSignedOut, whenStale } from "./api.js";
import { heardNotice, startBell } from "./bell.js";
import { byId, pause, put } from "./dom.js";
import { paintKeys } from "./keys.js";
import { listen } from "./live.js";
import { cover, lockNow, startLock } from "./lock.js";
import { startSettings } from "./settings.js";
import { state, tell } from "./state.js";
import { noAnswer, paintStatus, serverAway } from "./status.js";

const CLOCK_MS = 5000;

/** Before the session is known: the buttons of the bars. */
export function startBars() {
  startSettings();
  byId("lock-now").addEventListener("click", () => lockNow());
  byId("lock-here").addEventListener("click", () => {
    byId("dlg-settings").close("cancel");
    lockNow();
  });
  byId("save-again").addEventListener("click", askStatus);
  byId("skip")?.addEventListener("click", pastTheBars);
  whenSignedOut(({ code }) => (code === "locked" ? cover() : location.assign("/sign-in")));
  whenStale(async () => (await readSession()).csrf);
}

/** The first stop of Tab: what comes next is the page's own, not the bars above it. */
function pastTheBars(event) {
  const main = document.querySelector("main");
  if (!main.hasAttribute("tabindex")) main.tabIndex = -1;
  main.focus();
  event.preventDefault();
}

/** The session, however long the server takes; null when nobody is signed in (the sign-in page follows). */
export async function openSession() {
  const session = await readSession();
  noAnswer("");
  return useSession(session);
}

async function readSession() {
  for (;;) {
    try {
      return await get("/api/session");
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
      noAnswer(t("The till server does not answer. Trying again; the basket is kept."));
      await pause(1000);
    }
  }
}

function useSession(session) {
  state.session = session;
  setToken(session.csrf);
  if (!session.user) {
    location.assign("/sign-in");
    return null;
  }
  for (const id of ["user-name", "user-phone"]) put(byId(id), session.user.name);
  byId("lock-now").setAttribute("aria-label", t("Signed in: {name}. Lock the till, {key}", { name: session.user.name, key: session.keys.lock }));
  paintKeys();
  tell("session");
  return session;
}

/** Once the session is there: lock, clock, bell, news. back(session): somebody unlocked; heard(message): any news. */
export function startNews({ back = () => {}, heard = () => {} } = {}) {
  startLock((again) => useSession(again) && back(again));
  if (state.session.locked) cover();
  paintClock();
  setInterval(paintClock, CLOCK_MS);
  startBell({ quiet: () => state.locked, listens: false });
  const news = (message) => {
    if (message.type === "status") paintStatus(message);
    heardNotice(message);
    heard(message);
  };
  listen(news, (lost) => serverAway(lost ? t("The till server does not answer. The basket is kept. See that the till's own machine is on and Tillkeep is started on it; this page goes on by itself.") : ""));
}

function paintClock() {
  put(byId("clock"), new Date().toLocaleTimeString(state.session?.shop.locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", numberingSystem: "latn" }));
}

async function askStatus() {
  try {
    paintStatus(await get("/api/status"));
  } catch (error) {
    if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
  }
}
