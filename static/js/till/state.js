// What the page knows: the open basket (kept in the browser until the server acknowledged it) and what is on screen.
import { uuid7 } from "./uuid.js";

const KEPT = "tillkeep.basket";

/** Everything the modules share. `priced` is the server's last answer for exactly `pricedFor`. */
export const state = {
  session: null,
  basket: fresh(),
  priced: null,
  problems: new Map(), // line id ("" = the whole basket) -> the server's sentence about it
  pricing: false, // an answer for the present basket is still on its way
  view: "sell", // sell | matrix | pay | change
  chosen: null, // line id
  needs: null, // the refusal that wants a second person for this basket
  finding: null, // the unknown line an item is being looked for
  sending: false, // a sale is on its way; nothing may change it
  canSave: true,
};

const listeners = new Map();

/** Be told of "basket", "priced", "chosen", "view", "session". */
export function on(topic, listener) {
  if (!listeners.has(topic)) listeners.set(topic, []);
  listeners.get(topic).push(listener);
}

export function tell(topic) {
  for (const listener of listeners.get(topic) ?? []) listener();
}

function fresh() {
  // `pending`: codes scanned but not yet answered. `sent`: pay was pressed, so the same sale is asked for again after a reload.
  return { id: "", customer: "", lines: [], discount: null, payments: [], approvals: [], pending: [], total: "", sent: false };
}

/** Read the kept basket. A basket that cannot be read is set aside, never guessed at. */
export function recall() {
  const text = localStorage.getItem(KEPT);
  if (!text) return;
  try {
    state.basket = { ...fresh(), ...JSON.parse(text) };
  } catch {
    localStorage.setItem(`${KEPT}.unread`, text);
    localStorage.removeItem(KEPT);
  }
  state.chosen = state.basket.lines.at(-1)?.line ?? null;
}

export function keep() {
  const { basket } = state;
  if (basket.lines.length || basket.pending.length || basket.payments.length) localStorage.setItem(KEPT, JSON.stringify(basket));
  else localStorage.removeItem(KEPT);
}

/** The basket changed: keep it, then tell everybody. */
export function changed() {
  if (!state.basket.id && state.basket.lines.length) state.basket.id = uuid7();
  keep();
  tell("basket");
}

/** Acknowledged (or given up): the next sale starts empty. Codes still waiting to be looked up belong to it. */
export function startAfresh() {
  const { pending } = state.basket;
  state.basket = { ...fresh(), pending };
  state.priced = null;
  state.needs = null;
  state.problems.clear();
  state.chosen = null;
  state.finding = null;
  changed();
}

/** A basket that was set aside, as it was sent; names follow with its prices. */
export function takeUp(basket) {
  const { pending } = state.basket;
  state.basket = { ...fresh(), ...basket, lines: basket.lines.map((line) => ({ ...line, shown: {} })), pending };
  state.priced = null;
  state.needs = null;
  state.problems.clear();
  state.chosen = state.basket.lines.at(-1)?.line ?? null;
  changed();
  tell("chosen");
}

export function show(view) {
  if (state.view === view) return;
  state.view = view;
  document.getElementById("till").dataset.view = view;
  tell("view");
}

export function choose(line) {
  state.chosen = line;
  tell("chosen");
}

export const lineOf = (id) => state.basket.lines.find((line) => line.line === id) ?? null;
export const chosenLine = () => lineOf(state.chosen);

/** Another tab of this browser changed the same basket: show what it has, unless this one is being sent. */
export function followOtherTabs() {
  window.addEventListener("storage", (event) => {
    if (event.key !== KEPT || state.sending) return;
    const { pending } = state.basket; // each window looks up what was scanned into it
    state.basket = { ...fresh(), ...(event.newValue ? JSON.parse(event.newValue) : {}), pending };
    state.chosen = state.basket.lines.at(-1)?.line ?? null;
    if (state.view === "pay" && !state.basket.lines.length) show("sell");
    tell("basket");
  });
}

/** What the server is asked about: inputs only, without lines that are no item yet. */
export function basketInputs() {
  const { id, customer, lines, discount, approvals } = state.basket;
  const inputs = lines.filter((line) => !line.unknown).map(({ shown, ...line }) => line);
  return { id, customer, lines: inputs, discount, ...(approvals.length ? { approvals } : {}) };
}

/** Whether the server's figures are for exactly the basket on screen. */
export const isCurrent = () => state.priced !== null && state.priced.asked === JSON.stringify(basketInputs());
