// The voucher ledger: one voucher with its rows, issue and adjust by hand. A scan shows the voucher it names.
import { t } from "./language.js";
import { session } from "./office/frame.js";
import { say } from "./till/a11y.js";
import { NoAnswer, Refused, get, post } from "./till/api.js";
import { withApproval } from "./till/approve.js";
import { balanceSlip } from "./till/balanceslip.js";
import { erasing, openDialog, typing } from "./till/dialogs.js";
import { byId, figure, h, put } from "./till/dom.js";
import { Entry, moneyFormat } from "./till/entry.js";
import { startScanning } from "./till/scanning.js";
import { uuid7 } from "./till/uuid.js";
import { spoken, voucherCard } from "./till/vouchercard.js";

const AWAY = t("The till server does not answer. Try again in a moment.");
const words = (error) => (error instanceof Refused ? error.message : AWAY);

const withIssuer = document.querySelector("[data-issuer]").dataset.issuer !== "";

let shop = null;
let one = ""; // the code on show
let asked = null; // what is being done by hand: { act, code, id }
let entry = null;
let made = null; // what was saved
let busy = false;

// -- one voucher -------------------------------------------------------------------------------------------------------

async function show(code) {
  one = code;
  const dialog = byId("dlg-one");
  put(byId("one-code"), code);
  put(byId("one-problem"), "");
  byId("one-card").replaceChildren();
  byId("one-rows").tBodies[0].replaceChildren();
  byId("adjust").hidden = true;
  history.replaceState(null, "", `${location.pathname}${location.search}#${encodeURIComponent(code)}`);
  if (!dialog.open) openDialog(dialog, () => undefined, show);
  try {
    const found = await get(`/api/vouchers/${encodeURIComponent(code)}`);
    if (one !== code) return;
    byId("one-card").replaceChildren(voucherCard(found), ...balanceSlip(found));
    byId("one-rows").tBodies[0].replaceChildren(...found.rows.map(row));
    byId("adjust").hidden = false;
    say(spoken(found));
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    if (one === code) put(byId("one-problem"), words(error));
  }
}

function row(entry) {
  const notes = [entry.exposure_text && t("{amount} not confirmed", { amount: entry.exposure_text }), !entry.sent && entry.origin === "document" && withIssuer && t("not sent yet")].filter(Boolean);
  return h("tr", {},
    h("td", {}, figure(entry.at_text)), h("td", {}, t(entry.act_text), ...notes.map((note) => h("small", { class: "row-note" }, note))),
    h("td", {}, entry.number ? h("a", { href: `/receipts/${encodeURIComponent(entry.number)}` }, figure(entry.number)) : h("span", { class: "from-away" }, entry.origin === "issuer" ? t("not of this till") : "–")),
    h("td", {}, entry.till || "–"), h("td", { class: "num" }, figure(entry.amount_text)), h("td", { class: "num" }, figure(entry.balance_text)));
}

// -- by hand -----------------------------------------------------------------------------------------------------------

const TEXTS = { issue: [t("Issue a voucher by hand"), t("Issue")], adjust: [t("Adjust a voucher by hand"), t("Adjust")] };
const hand = () => byId("dlg-hand");
const problem = (text) => put(byId("hand-problem"), text);
const field = (name) => new FormData(hand().querySelector("form")).get(name) ?? "";

function openHand(act, code = "") {
  asked = { act, code, id: uuid7() };
  made = null;
  entry = new Entry("money", shop.digits, 8);
  hand().dataset.step = "ask";
  hand().querySelector("form").reset();
  put(byId("hand-title"), code ? `${TEXTS[act][0]}: ${code}` : TEXTS[act][0]);
  put(byId("hand-go"), TEXTS[act][1]);
  byId("hand-code-part").hidden = act !== "issue";
  byId("hand-way").hidden = act !== "adjust";
  problem("");
  paint();
  openDialog(hand(), (text) => typing(entry, text, paint), (scanned) => {
    if (act === "issue") byId("hand-code").value = scanned;
  });
  byId("hand-go").closest("button").focus();
}

const paint = () => put(byId("hand-typed"), moneyFormat(shop)(entry.value() || "0"));

function press(key) {
  entry.press(key);
  problem("");
  paint();
}

async function submit(event) {
  event.preventDefault();
  const reason = byId("hand-words").value.trim() || field("reason");
  if (made || busy) return undefined;
  if (entry.isZero()) return problem(t("Type the amount."));
  if (!reason) {
    byId("hand-words").focus();
    return problem(t("Choose a reason, or write one."));
  }
  const { act, id } = asked;
  const code = act === "issue" ? byId("hand-code").value.trim() : asked.code;
  const amount = `${act === "adjust" ? field("way") : ""}${entry.value()}`;
  busy = true;
  try {
    const answer = await withApproval((approvals) => post(`/api/vouchers/${act}`, { id, code, amount, reason, approvals }));
    if (answer) done(answer.document);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    problem(error instanceof Refused ? error.message : t("No answer. Press again: it is saved once only."));
    if (error.code === "other_content") asked.id = uuid7();
  } finally {
    busy = false;
  }
  return undefined;
}

function done(document) {
  made = document;
  hand().dataset.step = "done";
  const text = t("{number} is saved: {amount} on {code}, {balance} on it now.", { number: document.number, amount: document.amount_text, code: document.voucher, balance: document.balance_text });
  put(byId("hand-done"), text);
  byId("hand-close").focus();
}

async function print() {
  try {
    const answer = await withApproval((approvals) => post("/api/print", { document: made.id, template: "voucher", approvals }));
    if (!answer) return;
    put(byId("hand-done"), answer.job.text);
    if (answer.browser) location.assign(`${answer.page}&back=${encodeURIComponent("/vouchers")}`);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("hand-done"), words(error));
  }
}

// -- the page ----------------------------------------------------------------------------------------------------------

const given = await session;
if (given) {
  shop = given.shop;
  startScanning({ scanned: show });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-voucher]");
    if (!link) return;
    event.preventDefault();
    show(link.dataset.voucher);
  });
  byId("issue").addEventListener("click", () => openHand("issue"));
  byId("adjust").addEventListener("click", () => openHand("adjust", one));
  byId("hand-print").addEventListener("click", print);
  hand().querySelector("form").addEventListener("submit", submit);
  hand().addEventListener("keydown", (event) => erasing(event) && press("erase"));
  hand().querySelector(".pad").addEventListener("click", (event) => {
    const key = event.target.closest("[data-pad]")?.dataset.pad;
    if (key) press(key);
  });
  byId("dlg-one").addEventListener("close", () => history.replaceState(null, "", `${location.pathname}${location.search}`));
  hand().addEventListener("close", () => made && location.reload()); // the figures behind it are others now
  if (location.hash.length > 1) show(decodeURIComponent(location.hash.slice(1)));
}
