// The frame of every page of the console: signing out, and what keeps a page live (live.js).
import { chooseLanguage, t } from "../language.js";
import { get, post, setToken, whenSignedOut, whenStale } from "../till/api.js";
import { byId, put } from "../till/dom.js";
import { sentence } from "../who-menu.js";
import { hold, keepFresh, refresh as putAnew, whenFresh } from "./live.js";

setToken(document.querySelector('meta[name="csrf"]').content);
whenStale(async () => (await get("/api/console/session")).csrf);
whenSignedOut(() => location.assign("/console/sign-in"));

export { chooseLanguage, hold, sentence, whenFresh };

/** Say something to those who listen. */
export const say = (text) => put(byId("say-polite"), text);

byId("at")?.addEventListener("change", (event) => event.target.form.submit());

byId("sign-out")?.addEventListener("click", async () => {
  try {
    await post("/api/console/sign-out");
  } catch (error) {
    return put(byId("say-now"), sentence(error));
  }
  return location.assign("/console/sign-in");
});

// -- what cannot be reached now and comes back by itself; snoozed it is not shown for a while -----------------------------

const SNOOZE_MS = 4 * 60 * 60 * 1000;
const snoozeKey = (line) => `tillkeep.snooze.${line.dataset.away}`;

function showAway() {
  for (const line of document.querySelectorAll("[data-away]")) line.hidden = Number(localStorage.getItem(snoozeKey(line))) > Date.now();
}

document.addEventListener("click", (event) => {
  const line = event.target.closest("[data-snooze]")?.closest("[data-away]");
  if (!line) return;
  localStorage.setItem(snoozeKey(line), String(Date.now() + SNOOZE_MS));
  showAway();
});
showAway();

// -- live --------------------------------------------------------------------------------------------------------------

const ALSO = ", #away";

/** Ask for this page again and put its live regions in their places. Whether the server answered. */
export const refresh = (regions = "[data-live]") => putAnew(regions + ALSO);

whenFresh((page) => {
  showAway();
  const [now, then] = [byId("now"), page.getElementById("now")];
  if (now && then) put(now, then.textContent);
});

const looks = keepFresh((there) => {
  const live = byId("live");
  live.classList.toggle("is-away", !there);
  put(live, there ? t("Live") : t("No answer"));
}, `[data-live]${ALSO}`);
if (looks) byId("live").hidden = false;
