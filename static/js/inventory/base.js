// The frame of every screen of stock: sound, company, signing out, and how it speaks with the server.
import { NoAnswer, Refused, get, post, put as putTo, setToken, whenSignedOut, whenStale, withQuery } from "../till/api.js";
import { byId, put } from "../till/dom.js";
import * as sound from "../till/sound.js";
import { sentence } from "../who-menu.js";

export { NoAnswer, Refused, get, post, putTo, sentence, withQuery };

const { door } = document.body.dataset;
const SESSION = door === "console" ? "/api/console/session" : "/api/session";

/** The company whose stock is looked at, and the code of who is signed in. */
export const { company, who } = document.body.dataset;

setToken(document.querySelector('meta[name="csrf"]').content);
whenStale(async () => (await get(SESSION)).csrf);
whenSignedOut(() => location.assign(door === "console" ? "/console/sign-in?to=inventory" : "/sign-in?to=inventory"));

/** Say something to those who listen: when they are free, or at once. */
export const say = (text) => put(byId("say-polite"), text);
export const sayNow = (text) => put(byId("say-now"), text);

/** Whether the server answered last, for everybody to see. */
export const away = (isAway) => {
  byId("away").hidden = !isAway;
};

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

document.querySelector(".stock-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
