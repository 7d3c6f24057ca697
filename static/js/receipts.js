// Receipts: print in the browser, and back to selling. A scan here starts the next sale: the code goes along.
import { NoAnswer, Refused, get } from "./till/api.js";
import { byId, isTextField } from "./till/dom.js";
import { Scanner } from "./till/scan.js";
import { keep, recall, state } from "./till/state.js";

const desk = byId("desk");

function print(kind) {
  desk.dataset.prints = kind;
  window.print();
}

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print(button.dataset.print));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !isTextField(event.target)) location.assign("/");
});

// The gift receipt is shown and printed alone; the ordinary one is what the page opens with.
const scanner = new Scanner({ gap: 45, endKey: "Enter", prefix: "" }, {
  scanned(code) {
    recall();
    state.basket.pending.push(code);
    keep();
    location.assign("/");
  },
  typed() {},
});
scanner.listen();

try {
  const session = await get("/api/session");
  if (session.scanner) scanner.options = { gap: session.scanner.key_gap_ms, endKey: session.scanner.end_key, prefix: session.scanner.prefix };
} catch (error) {
  if (!(error instanceof Refused || error instanceof NoAnswer)) throw error; // the usual timing serves until then
}
const asked = new URLSearchParams(location.search);
if (desk && asked.has("print")) {
  history.replaceState(null, "", location.pathname); // a reload must not print again
  print("receipt");
}
