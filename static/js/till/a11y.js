// Two live regions: one says what happened (added, total, change), one what needs attention at once (unknown code).
import { byId } from "./dom.js";

/** Say it when the screen reader has finished its sentence. The same text twice is said twice. */
export const say = (text) => speak("say-polite", text);

/** Say it at once. */
export const sayNow = (text) => speak("say-now", text);

function speak(id, text) {
  const region = byId(id);
  if (!region) return;
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
