// The bell: how many notices the person who is signed in has not read. Rung live; without news it asks now and then.
import { t } from "../language.js";
import { sayNow } from "./a11y.js";
import { NoAnswer, Refused, get } from "./api.js";
import { byId, put } from "./dom.js";
import { listen } from "./live.js";
import * as sound from "./sound.js";
import { on } from "./state.js";

const POLL_MS = 30000;
const WORST = { needs: t("needs a person"), check: t("please check"), info: t("for information") };
let unread = null;
let mark = null;
let may = () => true;

/** quiet(): true while the screen is locked. On a page that listens for itself, hand each message to heardNotice(). */
export function startBell({ quiet = () => false, listens = true } = {}) {
  may = () => !quiet();
  if (listens) listen(heardNotice);
  on("session", () => {
    unread = null; // somebody else may be at the till: what is new to them makes no sound
    ask();
  });
  setInterval(ask, POLL_MS);
  return ask();
}

/** A live message; every other kind is ignored. */
export function heardNotice(message) {
  if (message.type !== "notice" || (message.mark === mark && !message.read)) return;
  mark = message.mark;
  ask();
}

async function ask() {
  if (!byId("bell") || !may()) return;
  try {
    paint(await get("/api/notices?limit=0"));
  } catch (error) {
    if (!(error instanceof NoAnswer || error instanceof Refused)) throw error; // the next look asks again
  }
}

function paint({ unread: now, worst }) {
  const bell = byId("bell");
  const words = now ? t("Notices: {count} not read, {worst}", { count: now, worst: WORST[worst] ?? "" }) : t("Notices: nothing new");
  put(byId("bell-count"), now > 99 ? "99+" : now ? `${now}` : "");
  bell.dataset.worst = now ? worst : "";
  bell.setAttribute("aria-label", words);
  if (unread !== null && now > unread) {
    sound.bell();
    sayNow(words);
  }
  unread = now;
}
