// What every screen of QuickBooks Desktop shares: what HTMX sends and swaps in, and acts with a sentence when refused.
import { t } from "../language.js";
import { get, post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { say, sentence } from "../console/frame.js";

const TOAST_MS = 6000;
const live = byId("live");
const token = document.querySelector('meta[name="csrf"]');

/** The company these screens are about. */
export const company = document.body.dataset.company;

document.querySelector(".desk-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

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

// -- HTMX --------------------------------------------------------------------------------------------------------------

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
});

const marked = (element) => !getSelection().isCollapsed && element.contains(getSelection().anchorNode);

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  const looks = elt.id === "panel" && !requestConfig.triggeringEvent;
  // Nobody sees it, or somebody marks a text in it: it is asked for the next time.
  if (looks && (document.hidden || marked(elt))) event.preventDefault();
  else if (elt.matches("button")) disable(elt, true);
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.matches("button")) disable(event.detail.elt, false);
});

const scrolled = new Map();

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (new URL(xhr.responseURL, location.href).pathname.endsWith("/sign-in")) {
    event.preventDefault();
    location.assign("/console/sign-in");
    return;
  }
  for (const region of target.querySelectorAll(".scroll[id]")) scrolled.set(region.id, region.scrollLeft);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const [id, left] of scrolled) if (left && byId(id)) byId(id).scrollLeft = left;
  scrolled.clear();
});

function there(answers) {
  live.hidden = false;
  live.classList.toggle("is-away", !answers);
  put(live, answers ? t("Live") : t("No answer"));
}

const away = () => there(false);
document.addEventListener("htmx:sendError", away);
document.addEventListener("htmx:timeout", away);
document.addEventListener("htmx:afterOnLoad", () => there(true));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) location.assign("/console/sign-in");
  else toast(t("That did not work. Load the page again."));
});

document.addEventListener("change", (event) => {
  if (event.target.matches("#filters select, #filters input[type=date]")) byId("filters").requestSubmit();
});

export { byId, disable, get, isDisabled, post, put, say, t };
