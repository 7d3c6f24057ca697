// What every screen of QuickBooks Desktop shares: HTMX sends our token, and what it is refused is said in words.
import { t } from "../language.js";
import { get, post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { say, sentence } from "../console/frame.js";

const TOAST_MS = 6000;

/** The company these screens are about. */
export const company = document.body.dataset.company;

const token = document.querySelector('meta[name="csrf"]');

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
});

/** Say something for a while at the foot of the page. */
export function toast(text) {
  const line = byId("toast");
  line.hidden = false;
  put(line, text);
  setTimeout(() => (line.hidden = true), TOAST_MS);
}

/** Do what a button is for, once at a time; what is refused stands in `problem`. Whether it went. */
export async function act(button, problem, work) {
  if (isDisabled(button)) return false;
  disable(button, true);
  put(problem, "");
  try {
    await work();
    return true;
  } catch (error) {
    put(problem, sentence(error));
    return false;
  } finally {
    disable(button, false);
  }
}

export { byId, get, post, put, say, t };
