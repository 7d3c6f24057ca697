// Starts the sell screen: reads the kept basket, learns who is signed in, connects the parts.
import { t } from "../language.js";
import { say } from "./a11y.js";
import { approveBasket } from "./approve.js";
import { startBasket } from "./basket.js";
import { recallChange, startChange } from "./change.js";
import { resumeSale } from "./commit.js";
import { askFigure, askPerson, openDialog, openedDialog, startDialogs } from "./dialogs.js";
import { openDiscount, startDiscount } from "./discount.js";
import { byId, disable, figure, icon, put } from "./dom.js";
import { Entry, moneyFormat } from "./entry.js";
import { openSession, startBars, startNews } from "./frame.js";
import { openGiveBack, startGiveBack } from "./giveback.js";
import { countHeld, hold, openHeld, startHeld } from "./held.js";
import { focusSearch, refreshItems, showPane, startItems } from "./items.js";
import { openKeys } from "./keys.js";
import { addItem, emptyBasket, nameOf, setNote, takeOff } from "./lines.js";
import { lockNow } from "./lock.js";
import { closeMatrix, openMatrix, startMatrix } from "./matrix.js";
import { startPad, startQuantity } from "./pad.js";
import { canPay, closePay, openPay, payWithVoucher, startPay, whyHeld } from "./pay.js";
import { openPrice } from "./price.js";
import { repriceNow, watchBasket } from "./pricing.js";
import { scanned, startRouter, typed } from "./router.js";
import { Scanner } from "./scan.js";
import { startQueue, tryCode } from "./scanned.js";
import * as sound from "./sound.js";
import { chosenLine, followOtherTabs, keep, on, recall, state, tell } from "./state.js";
import { startTakenOff } from "./takenoff.js";
import { openVoucher, startVoucher } from "./voucher.js";
import { startVoucherHold } from "./voucherhold.js";

const ACTS = {
  search: () => void focusSearch(),
  discount: openDiscount,
  quantity: startQuantity,
  remove: () => state.chosen && takeOff(state.chosen),
  note: openNote,
  price: () => void openPrice(),
  voucher: () => void openVoucher(),
  bag: addBag,
  pay: openPay,
  back: closePay,
  give_back: () => state.view === "sell" && openGiveBack(),
  hold: () => void hold(),
  empty: () => void askEmpty(),
  lock: () => lockNow(),
};

function act(name) {
  if (!state.sending || name === "lock") ACTS[name]?.();
}

/** A tile or a scan: opens the grid, asks for price or weight, or goes straight into the basket; a voucher pays or is shown. */
async function takeItem({ item, line, voucher, receipt, code = "" }) {
  if (voucher) return state.view === "pay" ? payWithVoucher(voucher) : openVoucher(voucher);
  if (receipt) return takeReceipt(receipt);
  if (item.code === state.session.vouchers?.item) return state.view === "pay" ? undefined : openVoucher();
  if (item.has_variants || !line) return openMatrix(item, code);
  const inputs = { ...line };
  if (item.open_price && (inputs.price === null || inputs.price === undefined)) {
    const price = await askPrice(item);
    if (price === null) return undefined;
    Object.assign(inputs, { price, price_source: "typed" });
  } else if (item.weighed && inputs.qty === "1" && !line.price) {
    const qty = await askWeight(item);
    if (qty === null) return undefined;
    inputs.qty = qty;
  }
  sound.added();
  return addItem(inputs.price_source === "typed" ? { ...item, price_text: moneyFormat(state.session.shop)(inputs.price) } : item, inputs);
}

/** A receipt was scanned: what of it comes back. Not while somebody pays. */
function takeReceipt(number) {
  if (state.view === "matrix") closeMatrix();
  if (state.view === "sell") openGiveBack(number);
  else say(t("That is a receipt. Finish this sale first."));
}

const pickTile = (tile) => takeItem({ item: tile, line: tile.has_variants ? null : { item_code: tile.code, qty: "1", barcode: "", price: null, price_source: "list" } });

function askPrice(item) {
  const format = moneyFormat(state.session.shop);
  return askFigure({ title: item.name, what: t("Price"), hint: item.detail, entry: new Entry("money", state.session.shop.digits), shown: (entry) => format(entry.value() || "0"), check: (entry) => (entry.isZero() ? t("Type the price.") : "") });
}

function askWeight(item) {
  return askFigure({ title: item.name, what: t("Weight in {unit}", { unit: item.uom }), hint: t("{price} per {unit}", { price: item.price_text, unit: item.uom }), entry: new Entry("decimal", 3, 8), shown: (entry) => `${entry.text || "0"} ${item.uom}`, check: (entry) => (entry.isZero() ? t("Type the weight.") : "") });
}

async function addBag() {
  const code = state.session.bag?.code;
  if (code && ["sell", "pay"].includes(state.view)) await pickByCode(code);
  if (state.view === "pay") byId("take").focus({ preventScroll: true }); // Enter goes on meaning what it meant
}

async function pickByCode(code) {
  const { bag } = state.session;
  sound.added();
  addItem({ code, name: bag.name ?? t("Carrier bag"), detail: "", price_text: bag.price_text, uom: "", weighed: false }, { item_code: code });
}

/** No key of its own, and Enter keeps the basket: nobody empties it by accident. */
async function askEmpty() {
  const { id, lines, payments } = state.basket;
  if (state.view !== "sell" || !lines.length || openedDialog()) return;
  const words = payments.length ? `${t("Give back first what was taken for it.")} ` : "";
  const facts = [[t("Total"), byId("total").textContent]];
  const answer = await askPerson({ title: t("Empty the basket?"), words: `${words}${t("Nothing of it is sold. What was in it is kept for the day's report.")}`, facts, buttons: [["empty", t("Empty it")], ["keep", t("Keep it"), "btn-main"]] });
  if (answer === "empty" && state.basket.id === id && !state.sending) emptyBasket();
}

function findItem(id) {
  state.finding = id;
  tell("finding");
  focusSearch();
}

function openNote() {
  const line = chosenLine();
  if (!line || line.unknown) return;
  const words = byId("note-words");
  words.value = line.note;
  put(byId("note-what"), nameOf(line));
  put(byId("note-problem"), "");
  byId("dlg-note").querySelector("form").onsubmit = (event) => {
    event.preventDefault();
    setNote(line.line, words.value.trim());
    byId("dlg-note").close("ok");
  };
  openDialog(byId("dlg-note"));
  words.focus();
}

function paintPay() {
  const why = whyHeld();
  disable(byId("pay"), !canPay() && !state.needs);
  byId("pay-amount").replaceChildren(figure(state.priced?.total_text ?? ""));
  byId("held-why").replaceChildren(...(why ? [icon("warn"), why] : []));
}

let declined = ""; // what nobody agreed to; Pay asks again, the next scan does not

async function secondPerson() {
  const { needs } = state;
  const key = `${state.basket.id} ${needs.body.act} ${needs.body.bound}`;
  if (openedDialog() || state.view !== "sell" || declined === key) return;
  declined = "";
  if (!(await approveBasket(needs))) declined = key;
}

function showBag(session) {
  for (const button of document.querySelectorAll("[data-bag]")) {
    button.hidden = !session.bag;
    put(button.querySelector("bdi"), session.bag?.price_text);
  }
}

function heard({ type }) {
  if (type !== "catalog") return;
  refreshItems();
  repriceNow();
}

async function start() {
  recall();
  startDialogs();
  startBasket({ find: findItem, discount: openDiscount });
  startItems({ picked: pickTile, scanned: tryCode });
  startMatrix((tile, inputs) => takeItem({ item: { ...tile, has_variants: false }, line: { item_code: inputs.item_code, qty: "1", barcode: "", price: null, price_source: "list" } }));
  startPad();
  startPay();
  startChange();
  startDiscount();
  startHeld();
  startGiveBack();
  startVoucher();
  startVoucherHold();
  for (const topic of ["basket", "priced", "session"]) on(topic, paintPay);
  on("needs", secondPerson);
  startRouter(act);
  const scanner = new Scanner({ gap: 45, endKey: "Enter", prefix: "" }, { scanned, typed });
  scanner.listen();
  for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => showPane(button.dataset.show));
  byId("open-keys").addEventListener("click", openKeys);
  startBars();
  tell("basket");

  const session = await openSession();
  if (!session) return;
  showBag(session);
  scanner.options = { gap: session.scanner.key_gap_ms, endKey: session.scanner.end_key, prefix: session.scanner.prefix };
  watchBasket();
  tell("basket");
  followOtherTabs();
  startNews({
    heard,
    back: (again) => {
      showBag(again);
      refreshItems();
      repriceNow();
    },
  });
  startQueue(takeItem);
  startTakenOff();
  if (!session.locked) {
    refreshItems();
    countHeld();
  }
  if (state.basket.sent) await resumeSale();
  else recallChange();
  keep();
  if (location.hash) openAsked(location.hash.slice(1));
}

/** Another page of the till asked for one of this page's dialogs. */
function openAsked(name) {
  history.replaceState(null, "", location.pathname);
  if (name === "held") openHeld();
  if (name.startsWith("return")) openGiveBack(decodeURIComponent(name.slice("return=".length)));
}

start();
