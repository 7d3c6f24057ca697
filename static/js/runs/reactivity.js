// What a page does when runs begin or end. toasts.js raises two events on the document, and these names are a promise:
//   tillkeep:run-started     detail {id, n, status, label, company, …}   a run nobody knew of goes on
//   tillkeep:run-completed   detail as above                             a run ended, also one that ended before it was seen

export const STARTED = "tillkeep:run-started";
export const COMPLETED = "tillkeep:run-completed";

/** What comes of a run may be written a moment after it ended: looked at again after so many milliseconds. */
const RETRY_MS = [0, 1500, 5000];
const KEPT = "tillkeep.runs.scroll";

/**
 * Listen to runs. onStarted(run), onCompleted(run): what to do; may answer a promise. partial: instead of both, puts the
 * changed regions of the page in anew; after a run ended it is called again a little later, too. only: the id of the one
 * run this page is about. Answers a function that ends the listening.
 */
export function bindRunLifecycleRefresh({ onStarted = null, onCompleted = null, partial = null, only = "", retries = RETRY_MS } = {}) {
  const timers = new Set();
  const about = (run) => !only || run.id === only;

  function later(act, delays) {
    for (const delay of delays) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        act();
      }, delay);
      timers.add(timer);
    }
  }

  function started({ detail }) {
    if (!about(detail)) return;
    onStarted?.(detail);
    if (partial) later(partial, [0]);
  }

  function completed({ detail }) {
    if (!about(detail)) return;
    onCompleted?.(detail);
    if (partial) later(partial, retries);
  }

  document.addEventListener(STARTED, started);
  document.addEventListener(COMPLETED, completed);
  return () => {
    document.removeEventListener(STARTED, started);
    document.removeEventListener(COMPLETED, completed);
    for (const timer of timers) clearTimeout(timer);
  };
}

// -- the whole page anew, where somebody stands and what they filtered by kept --------------------------------------------

const main = () => document.getElementById("main");
const address = () => `${location.pathname}${location.search}`;

/** Whether somebody is in the middle of filling something in, or reads a dialog. */
export function isBusy() {
  const field = document.activeElement?.closest("input, select, textarea");
  const open = document.querySelector("dialog[open], [data-dirty]");
  return Boolean(open || (field && main()?.contains(field)) || !getSelection().isCollapsed);
}

let waiting = 0;

/** Load the page again, its address (and with it every filter) and scroll kept. It waits until nobody is typing. */
export function reloadInPlace() {
  if (waiting) return;
  if (isBusy()) {
    waiting = setTimeout(() => {
      waiting = 0;
      reloadInPlace();
    }, 1000);
    return;
  }
  sessionStorage.setItem(KEPT, JSON.stringify({ address: address(), page: scrollY, main: main()?.scrollTop ?? 0 }));
  location.reload();
}

function restoreScroll() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  if (kept?.address !== address()) return;
  if (main()) main().scrollTop = kept.main;
  scrollTo(0, kept.page);
}

restoreScroll();
