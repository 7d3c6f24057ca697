// What keeps a page live. A region marked data-live is asked for again and put in its place; what a person touches just
// now is left alone.

const LOOK_MS = 3000;

const listeners = [];
let held = 0;

/** Be told after the live regions were put in anew. */
export const whenFresh = (listener) => listeners.push(listener);

/** Keep the page as it is until the function that comes back is called. */
export function hold() {
  held += 1;
  return () => {
    held -= 1;
  };
}

const touched = (region) => region.contains(document.activeElement) || region.querySelector("details[open], :checked:not(option)") !== null;

/** Ask for this page again and put its live regions in their places. Whether the server answered. */
export async function refresh(regions = "[data-live]") {
  let page;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(8000) });
    if (answer.redirected && new URL(answer.url).pathname.endsWith("/sign-in")) return location.assign(answer.url);
    if (!answer.ok) return false;
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return false;
  }
  for (const region of document.querySelectorAll(regions)) {
    const fresh = page.getElementById(region.id);
    if (fresh && !touched(region) && !region.isEqualNode(fresh)) region.replaceWith(document.adoptNode(fresh));
  }
  for (const listener of listeners) listener(page);
  return true;
}

/** Look again every few seconds where the page has a live region; told(there) says whether the server answered. Whether
    the page has one. */
export function keepFresh(told, regions = "[data-live]") {
  if (!document.querySelector("[data-live]")) return false;
  const look = async () => {
    if (!document.hidden && !held && getSelection().isCollapsed) told(await refresh(regions));
    setTimeout(look, LOOK_MS);
  };
  setTimeout(look, LOOK_MS);
  return true;
}
