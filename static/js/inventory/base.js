// The frame of every screen of stock: light or dark, sound, company, signing out, and how it speaks with the server.
import { t } from "../language.js";
import { NoAnswer, Refused, get, post, put as putTo, setToken, whenSignedOut, whenStale, withQuery } from "../till/api.js";
import { byId, put } from "../till/dom.js";
import * as sound from "../till/sound.js";

export { NoAnswer, Refused, get, post, putTo, withQuery };

const { door } = document.body.dataset;
const SESSION = door === "console" ? "/api/console/session" : "/api/session";

/** The company whose stock is looked at, and the code of who is signed in. */
export const { company, who } = document.body.dataset;

setToken(document.querySelector('meta[name="csrf"]').content);
whenStale(async () => (await get(SESSION)).csrf);
whenSignedOut(() => location.assign(door === "console" ? "/console/sign-in?to=inventory" : "/sign-in?to=inventory"));

/** The sentence behind an error of a request; anything else is thrown on. */
export function sentence(error) {
  if (error instanceof Refused) return error.message;
  if (error instanceof NoAnswer) return t("The till server does not answer. Try again.");
  throw error;
}

/** Say something to those who listen: when they are free, or at once. */
export const say = (text) => put(byId("say-polite"), text);
export const sayNow = (text) => put(byId("say-now"), text);

/** Whether the server answered last, for everybody to see. */
export const away = (isAway) => {
  byId("away").hidden = !isAway;
};

const theme = byId("theme");
if (theme) {
  theme.value = document.documentElement.dataset.theme ?? "";
  theme.addEventListener("change", () => {
    if (theme.value) {
      localStorage.setItem("tillkeep.theme", theme.value);
      document.documentElement.dataset.theme = theme.value;
    } else {
      localStorage.removeItem("tillkeep.theme");
      delete document.documentElement.dataset.theme;
    }
  });
}

const heard = byId("sound");
if (heard) {
  heard.checked = !sound.isMuted();
  heard.addEventListener("change", () => sound.mute(!heard.checked));
}

byId("company")?.addEventListener("change", (event) => event.target.form.submit());

byId("sign-out")?.addEventListener("click", async () => {
  try {
    await post(door === "console" ? "/api/console/sign-out" : "/api/sign-out");
  } catch (error) {
    return sayNow(sentence(error));
  }
  return location.assign(door === "console" ? "/console/sign-in" : "/sign-in");
});

const menu = document.querySelector(".who-menu");
document.addEventListener("click", (event) => menu && !menu.contains(event.target) && (menu.open = false));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.querySelector(".stock-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
