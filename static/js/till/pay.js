// The pay view: kinds of payment, the amount being typed, quick sums. Due, taken, left and change come from the server.
import { t, tn } from "../language.js";
import { NoAnswer, Refused, post } from "./api.js";
import { say } from "./a11y.js";
import { approveBasket, needsSecond } from "./approve.js";
import { cardFields } from "./cardfields.js";
import { commitSale } from "./commit.js";
import { typing } from "./dialogs.js";
import { byId, disable, figure, h, icon, pause, put } from "./dom.js";
import { Entry, moneyFormat } from "./entry.js";
import { SIGNS, paymentRows } from "./payments.js";
import { giveWord, isRefund, signed, wayBack } from "./payback.js";
import { settled } from "./pricing.js";
import { basketInputs, isCurrent, keep, on, show, state } from "./state.js";
import { noAnswer } from "./status.js";
import { begin, end, isBusy, later, someWait, waits } from "./turns.js";
import { letGoOf } from "./voucherhold.js";
import { allowed, forgetVoucher, setVoucher, voucherAmount, voucherFields, voucherOn, voucherWord } from "./vouchertender.js";

// An account needs a customer, foreign notes a rate; neither is taken on this screen yet.
const KINDS = ["cash", "card", "voucher", "other"];

let modes = [];
let mode = null;
let entry = null;
let format = (text) => text;
let check = null; // the server's last answer for exactly `checkedFor`
let checkedFor = "";
let asked = 0; // numbers the questions; only the last one's answer counts
let refusal = null; // the last question was refused for want of a second person
let turned = Promise.resolve(); // the way the goods were paid is known, and chosen
let mayUse = ""; // the last question was refused because a voucher pays no more than this

export function startPay() {
  on("session", setUp);
  on("priced", () => state.view === "pay" && ask());
  byId("tender").querySelector(".pad").addEventListener("click", (event) => {
    const key = event.target.closest("[data-pad]")?.dataset.pad;
    if (key) press(key);
  });
  byId("take").addEventListener("click", take);
}

function setUp() {
  const { shop } = state.session;
  format = moneyFormat(shop);
  modes = (state.session.modes ?? []).filter((one) => KINDS.includes(one.kind));
  mode ??= modes[0] ?? null;
  entry = new Entry("money", shop.digits);
  byId("kinds").replaceChildren(...modes.map((one) => h("button", { type: "button", class: "btn kind", "aria-pressed": one === mode ? "true" : "false", onclick: () => chooseMode(one) },
    icon(SIGNS[one.kind]), h("span", {}, t(one.name)), h("span", { class: "key" }, one.key))));
}

/** Why Pay is held, or "" when it is free. */
export function whyHeld() {
  const { lines } = state.basket;
  const unknown = lines.filter((line) => line.unknown).length;
  if (!lines.length) return "";
  if (unknown) return tn("{n} code to settle first", "{n} codes to settle first", unknown);
  if (state.needs) return t("Needs a second person");
  if (state.problems.has("")) return state.problems.get("");
  if (state.problems.size) return tn("{n} line to settle first", "{n} lines to settle first", state.problems.size);
  if (state.session && !modes.length) return t("No way to pay is set up");
  if (!state.canSave) return t("This till cannot save");
  return "";
}

export const canPay = () => state.basket.lines.length > 0 && whyHeld() === "" && modes.length > 0;

/** To the pay view, once the server priced what is on screen. */
export async function openPay() {
  if (state.needs && state.view === "sell") return void (await approveBasket(state.needs));
  if (!canPay() || state.view === "pay") return;
  await settled();
  if (!canPay() || !isCurrent()) return;
  entry.clear();
  forgetVoucher();
  saying("");
  if (modes.length) mode = modes.find((one) => one.kind === "cash") ?? modes[0];
  turned = wayBack(modes, () => mode, () => entry.text).then((chosen) => chosen && turnTo(chosen));
  show("pay");
  paintKinds();
  paint();
  byId("take").focus({ preventScroll: true });
  await Promise.all([turned, ask()]);
  say(`${isRefund() ? t("To give back") : t("Total")} ${byId("pay-total").textContent}. ${t(mode.name)}.`);
}

export function closePay() {
  if (state.view !== "pay" || state.sending) return;
  show("sell");
  byId("pay").focus({ preventScroll: true });
}

function chooseMode(chosen) {
  if (!chosen || waits(() => chooseMode(chosen)) || state.sending) return;
  turnTo(chosen);
}

function turnTo(chosen) {
  mode = chosen;
  entry.clear();
  saying("");
  paintKinds();
  ask();
  byId("take").focus({ preventScroll: true });
}

/** The amount is taken or refused: what was pressed meanwhile has its turn. */
function taken(refused) {
  paint();
  end(refused || state.view !== "pay");
}

/** A function key of the pay view; answers whether it meant one. */
export function modeKey(key) {
  const chosen = modes.find((one) => one.key === key);
  chooseMode(chosen);
  return chosen !== undefined;
}

export function press(key) {
  if (waits(() => press(key)) || state.sending || !entry.press(key)) return;
  saying("");
  ask();
  byId("take").focus({ preventScroll: true });
}

/** What a person typed outside a field. */
export function typeAmount(text) {
  if (isBusy()) return later(() => typeAmount(text));
  if (state.sending) return () => {};
  return typing(entry, text, ask);
}

/** A voucher was scanned: it pays what is left, as far as it goes. Finishing the sale stays with the person. */
export async function payWithVoucher(code) {
  const chosen = modes.find((one) => one.kind === "voucher");
  if (isBusy() || state.sending || state.view !== "pay") return;
  if (!chosen) return saying(t("No voucher is taken as payment here."), true);
  begin();
  let refused = true;
  try {
    setVoucher(code);
    turnTo(chosen);
    await settled();
    await ask();
    if (!isChecked()) return;
    if (check.complete) return saying(t("Nothing is left to pay."));
    const amount = await voucherAmount("", check.left, { scanned: true });
    if (amount) refused = !(await takeOne(amount));
  } finally {
    taken(refused);
  }
}

const isVoucher = () => mode?.kind === "voucher";

function typedPayment() {
  const amount = signed(entry.value());
  if (!mode || !amount) return null;
  return { mode_of_payment: mode.name, amount, ...(isVoucher() ? { reference: voucherOn().reference } : {}) };
}

function question() {
  const typed = typedPayment();
  const inputs = { ...basketInputs(), payments: state.basket.payments, total: state.priced?.total ?? "" };
  return typed && (!isVoucher() || typed.reference || isRefund()) ? { ...inputs, typed } : inputs;
}

/** Whether the server's figures are for exactly what is on screen. */
const isChecked = () => check !== null && checkedFor === JSON.stringify(question());

/** Ask the server what the payments and the typed amount make of the total; paint only the newest answer. */
async function ask() {
  const inputs = question();
  if (!inputs.lines.length) return;
  const key = JSON.stringify(inputs);
  asked += 1;
  const mine = asked;
  paint();
  try {
    const answer = await post("/api/pay-check", inputs);
    if (mine !== asked) return;
    noAnswer("");
    check = answer;
    refusal = null;
    checkedFor = key;
    saying("");
  } catch (error) {
    if (mine !== asked) return;
    if (error instanceof NoAnswer) {
      noAnswer(t("The till server does not answer. Trying again; the basket is kept."));
      await pause(1000);
      if (mine === asked && state.view === "pay") await ask();
      return;
    }
    if (!(error instanceof Refused)) throw error;
    checkedFor = "";
    refusal = needsSecond(error) ? error : null;
    mayUse = error.body.may_use ?? "";
    if (error.status !== 401) saying(error.message, true);
  }
  paint();
}

/** Take what is typed (or all that is left). When nothing is left, the sale is saved. */
export async function take() {
  if (someWait()) waits(take); // after another way was chosen it is meant; Enter twice is a slip
  if (isBusy() || state.sending) return;
  begin();
  let refused = true;
  try {
    await Promise.all([turned, settled()]); // else Enter at once would give back cash for what a card paid
    if (!canPay() || !isCurrent()) return;
    if (!isChecked()) await ask();
    if (!isChecked()) return;
    if (!check.complete || typedPayment()) {
      const typed = signed(entry.value());
      const amount = isVoucher() ? await voucherAmount(typed, check.left) : typed || (mode.kind === "cash" ? check.left_in_cash : check.left);
      if (!amount || !(await takeOne(amount))) return;
    }
    refused = false;
    if (isChecked() && check.complete) await commitSale();
  } finally {
    taken(refused);
  }
}

async function takeOne(amount) {
  const payment = { mode_of_payment: mode.name, amount, reference: field("pay-reference"), last4: field("pay-last4"), ...(isVoucher() ? { ...voucherOn(), voucher: true } : {}) };
  state.basket.payments.push(payment);
  const typed = entry.text;
  entry.clear();
  await ask();
  if (refusal && (await approveBasket(refusal))) {
    await settled();
    await ask();
  }
  if (isChecked()) {
    keep();
    for (const id of ["pay-reference", "pay-last4"]) if (byId(id)) byId(id).value = "";
    say(isRefund() ? t("{mode} {amount} given back. Left {left}", { mode: t(mode.name), amount: format(amount), left: check.left_text }) : t("{mode} {amount} taken. Left {left}", { mode: t(mode.name), amount: format(amount), left: check.left_text }));
    if (isVoucher()) forgetVoucher();
    if (isVoucher() && !check.complete) turnTo(modes.find((one) => one.kind === "cash") ?? modes[0]); // the rest another way
    return true;
  }
  // Refused: it was not taken. The sentence stays; the amount can be mended.
  const sentence = byId("pay-saying").textContent;
  state.basket.payments = state.basket.payments.filter((one) => one !== payment);
  entry.text = isVoucher() && /[1-9]/.test(mayUse) ? mayUse : typed; // Enter again takes what it may pay
  await ask();
  saying(sentence, true);
  return false;
}

const field = (id) => byId(id)?.value.trim() ?? "";

function takeOff(at) {
  if (isBusy() || state.sending) return;
  const [gone] = state.basket.payments.splice(at, 1);
  if (gone?.voucher && gone.reference) letGoOf(gone.reference);
  keep();
  ask();
  byId("take").focus({ preventScroll: true });
}

/** A sentence above the change: what was refused, or that an answer is being waited for. */
export function saying(text, needs = false) {
  const element = byId("pay-saying");
  element.hidden = text === "";
  element.classList.toggle("is-needs", needs);
  put(element, text);
}

function paintKinds() {
  [...byId("kinds").children].forEach((button, at) => button.setAttribute("aria-pressed", modes[at] === mode ? "true" : "false"));
  byId("quick").replaceChildren(...(mode?.kind === "cash" ? [] : [isVoucher() ? voucherFields(paint) : cardFields(mode)]));
}

export function paint() {
  if (!state.session || !mode) return;
  const typed = entry.value();
  if (check) {
    byId("pay-total").replaceChildren(figure(check.total_text));
    byId("pay-taken").replaceChildren(figure(check.taken_text));
    byId("pay-left").replaceChildren(figure(check.left_text));
    byId("pay-change").replaceChildren(figure(check.change_text));
    put(byId("pay-rounding"), check.rounding_text ? t("Cash rounding {amount}", { amount: check.rounding_text }) : t("from cash only"));
  }
  byId("payments").replaceChildren(...paymentRows({ check, modes, mode, typed, format, takeOff }));
  put(byId("typed-what"), isRefund() ? t("{mode} to give back", { mode: t(mode.name) }) : mode.kind === "cash" ? t("Cash given") : t("{mode} amount", { mode: t(mode.name) }));
  put(byId("typed-hint"), typed || check?.complete ? "" : isVoucher() && allowed() ? t("what it may pay") : t("all that is left"));
  const output = byId("typed-amount");
  output.classList.toggle("is-idle", !typed);
  put(output, typed ? format(typed) : isVoucher() && allowed() ? format(allowed()) : check ? check.left_text : "");
  byId("typed").classList.toggle("is-on", Boolean(typed));
  if (mode.kind === "cash") paintQuick(typed);
  paintTake(typed);
}

function paintQuick(typed) {
  const quick = check?.quick ?? [];
  byId("quick").replaceChildren(...quick.map((one) => h("button", { type: "button", class: "btn", "aria-pressed": one.amount === typed ? "true" : "false", onclick: () => pickQuick(one.amount) }, figure(one.text), h("small", {}, one.note))));
}

function pickQuick(amount) {
  if (waits(() => pickQuick(amount)) || state.sending) return;
  entry.text = amount.replace("-", "");
  ask();
  byId("take").focus({ preventScroll: true });
}

function paintTake(typed) {
  const done = check?.complete;
  const word = isVoucher() && !state.sending && (!done || typed) ? voucherWord(typed, format) : state.sending ? t("Saving…") : done && !typed ? t("Finish the sale") : done ? t("Take {mode}", { mode: t(mode.name).toLowerCase() }) : typed ? t("Take {amount}", { amount: format(typed) }) : mode.kind === "cash" ? t("Take {mode}, exact", { mode: t(mode.name).toLowerCase() }) : t("Take {mode}", { mode: t(mode.name).toLowerCase() });
  put(byId("take-word"), isRefund() ? giveWord({ saving: state.sending, done, typed, name: mode.name, format }) : word);
  disable(byId("take"), state.sending || !canPay() || !check);
}
