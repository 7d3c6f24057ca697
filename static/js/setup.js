// The first questions of a new till: one step at a time, each saved by itself, each may be left out or answered again.
import { plain, t } from "./language.js";
import { say } from "./till/a11y.js";
import { NoAnswer, Refused, get, post, put as send, setToken, whenStale } from "./till/api.js";
import { byId, disable, figure, h, icon, isDisabled, pause, put } from "./till/dom.js";
import { Scanner } from "./till/scan.js";

const END = { name: "finish", title: t("Ready"), words: "", fields: [] };
const PRINTER_MS = 40000;
let state = null;
let at = 0;

const steps = () => [...state.steps, END];
const step = () => steps()[at];
const values = () => Object.fromEntries([...byId("step").querySelectorAll("[name]:not(:disabled)")].map((field) => [field.name, field.value]));

/** Do it and show what was answered; a refusal stands below the questions, at the one it is about. */
async function ask(act) {
  complain("");
  for (const id of ["next", "skip", "back"]) disable(byId(id), true);
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    complain(error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."), error.field);
    return null;
  } finally {
    for (const id of ["next", "skip", "back"]) disable(byId(id), false);
  }
}

function complain(words, field = "") {
  put(byId("problem"), words);
  for (const input of document.querySelectorAll("#main .field")) {
    const wrong = Boolean(words) && Boolean(field) && (input.name === field || input.id === `person-${field}`);
    input.classList.toggle("is-wrong", wrong);
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (wrong) input.focus();
  }
}

function take(answer) {
  state = answer;
  setToken(answer.csrf);
}

function paintSteps() {
  byId("steps").replaceChildren(...steps().map((one, n) => h("li", {}, h("button", { type: "button", class: "setup-step", "aria-current": n === at ? "step" : null, onclick: () => go(n) },
    h("span", { class: one.done ? "spot is-done" : "spot" }, one.done ? icon("check") : figure(`${n + 1}`)),
    h("span", {}, one.title, one.done ? h("span", { class: "sr" }, t(", answered")) : null)))));
}

function go(n) {
  at = Math.max(0, Math.min(n, steps().length - 1));
  complain("");
  paintSteps();
  put(byId("step-title"), step().title);
  put(byId("step-words"), step().words);
  byId("step").replaceChildren(...step().fields.map(question));
  byId("extra").replaceChildren(...(EXTRA[step().name]?.() ?? []));
  byId("back").hidden = at === 0;
  byId("skip").hidden = step() === END || step().name === "people";
  put(byId("next"), step() === END ? t("Begin to sell") : step().name === "people" ? t("Go on") : t("Save and go on"));
  byId("main").focus({ preventScroll: true });
}

function question(one) {
  const common = { class: "field", name: one.key, id: `q-${one.key}`, disabled: Boolean(one.fixed), "aria-describedby": one.hint || one.fixed ? `h-${one.key}` : null };
  const field = one.choices.length
    ? h("select", common, ...one.choices.map((choice) => h("option", { value: choice.value, selected: choice.value === one.value }, choice.text)))
    : h("input", { ...common, type: "text", value: one.value, maxlength: "300", dir: "auto", spellcheck: "false" });
  const hint = one.fixed || one.hint;
  const wide = ["shop.address", "shop.footer", "printer.url"].includes(one.key);
  return h("label", { class: wide ? "wide" : null }, h("span", { class: "lbl" }, one.label), field, hint ? h("small", { id: `h-${one.key}` }, hint) : null);
}

// -- what a step has beside its questions ----------------------------------------------------------------------------

const EXTRA = { printer: printerTries, scanner: scannerTry, people: peopleTable, finish: summary };

function printerTries() {
  const told = h("p", { class: "fine", role: "status" });
  const press = (act, words, sure) => h("button", { class: "btn", type: "button", onclick: async () => {
    put(told, "");
    const answer = await ask(() => post("/api/setup/printer", { act, values: values() }, PRINTER_MS));
    if (answer) put(told, answer.confirmed ? sure : t("Sent. Look whether it is right."));
  } }, words);
  return [h("div", { class: "setup-tries" }, press("test", t("Print the test page"), t("The printer says it has printed. Look at £ and €.")), press("drawer", t("Open the drawer"), t("Sent. Look whether it is right."))), told];
}

let scanner = null;

function scannerTry() {
  return [h("div", { class: "setup-scanned", id: "scanned", role: "status" }, t("Nothing scanned yet"))];
}

function scanned(code) {
  const spot = byId("scanned");
  if (!spot) return;
  spot.classList.add("is-fine");
  spot.replaceChildren(h("b", {}, figure(code)), h("span", {}, t("Read, {count} characters. Is it whole?", { count: code.length })));
}

function peopleTable() {
  const owner = state.people.some((one) => one.role === "admin");
  const titles = Object.fromEntries(state.roles.map((role) => [role.name, role.title]));
  const rows = state.people.map((one) => h("tr", {}, h("td", {}, figure(one.code)), h("td", {}, one.name), h("td", {}, titles[one.role] ?? one.role)));
  const offered = owner ? state.roles : state.roles.slice(0, 1);
  const field = (name, words, more = {}) => h("label", {}, h("span", { class: "lbl" }, words), h("input", { class: "field", type: "text", id: `person-${name}`, maxlength: "60", autocomplete: "off", ...more }));
  const form = h("form", { autocomplete: "off", novalidate: true },
    field("code", t("Cashier code"), { maxlength: "20" }), field("name", t("Name")),
    h("label", {}, h("span", { class: "lbl" }, t("Role")), h("select", { class: "field", id: "person-role" }, ...offered.map((role) => h("option", { value: role.name, selected: owner && role.name === "cashier" }, role.title)))),
    field("pin", t("PIN, 4 to 8 digits"), { type: "password", inputmode: "numeric", maxlength: "12", autocomplete: "new-password" }),
    h("button", { class: "btn btn-main wide", type: "submit" }, icon("person"), t("Add")));
  form.addEventListener("submit", addPerson);
  const table = h("table", { class: "setup-people" }, h("thead", {}, h("tr", {}, ...[t("Code"), t("Name"), t("Role")].map((words) => h("th", { scope: "col" }, words)))), h("tbody", {}, ...rows));
  return [rows.length ? table : null, form].filter(Boolean);
}

async function addPerson(event) {
  event.preventDefault();
  const [code, name, role, pin] = ["code", "name", "role", "pin"].map((key) => byId(`person-${key}`).value.trim());
  const answer = await ask(() => post("/api/setup/person", { code: plain(code), name, role, pin: plain(pin) }));
  if (!answer) return;
  take(answer);
  go(at);
  say(t("{name} may sign in.", { name }));
  byId("person-code").focus();
}

function summary() {
  const left = state.steps.filter((one) => !one.done);
  const words = [];
  if (!state.people.length) words.push(h("p", { class: "problem" }, t("Nobody can sign in yet. Add the owner first.")));
  words.push(left.length ? h("p", {}, t("Left out so far:")) : h("p", {}, t("Everything is answered.")));
  if (left.length) words.push(h("ul", { class: "setup-list" }, ...left.map((one) => h("li", {}, one.title))));
  words.push(h("p", { class: "quiet" }, state.again ? t("The till starts anew with your answers. It takes a few seconds.") : t("Your answers hold already.")));
  words.push(h("p", { class: "quiet" }, t("Items come from ERPNext, or from a list: pos_server.py import items FILE.")));
  return words;
}

// -- forward -----------------------------------------------------------------------------------------------------------

byId("step").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isDisabled(byId("next"))) return;
  if (step() === END) return finish();
  if (step().name === "people") return go(at + 1);
  const answer = await ask(() => send(`/api/setup/${step().name}`, { values: values() }));
  if (!answer) return;
  take(answer);
  if (scanner) scanner.options = scannerOptions();
  go(at + 1);
});

byId("skip").addEventListener("click", () => !isDisabled(byId("skip")) && go(at + 1));
byId("back").addEventListener("click", () => !isDisabled(byId("back")) && go(at - 1));

async function finish() {
  const answer = await ask(() => post("/api/setup/finish"));
  if (!answer) return;
  if (answer.again) {
    put(byId("step-words"), t("The till starts anew …"));
    await pause(1500);
    for (let tries = 0; tries < 60; tries += 1) {
      try {
        await get("/health", 2000);
        break;
      } catch (error) {
        if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
        await pause(500);
      }
    }
  }
  location.replace("/sign-in");
}

const valueOf = (key) => state.steps.flatMap((one) => one.fields).find((one) => one.key === key).value;
const scannerOptions = () => ({ gap: Number(valueOf("scanner.key_gap_ms")), endKey: valueOf("scanner.end_key"), prefix: valueOf("scanner.prefix") });

function begin(answer) {
  take(answer);
  byId("door").hidden = true;
  byId("setup").hidden = false;
  scanner = new Scanner(scannerOptions(), { scanned, typed: () => () => {} });
  scanner.listen();
  const first = state.steps.findIndex((one) => !one.done);
  go(first < 0 ? state.steps.length : first);
}

byId("door-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  put(byId("door-problem"), "");
  try {
    begin(await post("/api/setup/open", { code: plain(byId("door-code").value) }));
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("door-problem"), error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
    byId("door-code").select();
  }
});

whenStale(async () => (await get("/api/session")).csrf);
try {
  setToken((await get("/api/session")).csrf);
  begin(await get("/api/setup"));
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  if (error.code === "sign_in" || error.code === "locked") location.replace("/sign-in");
  byId("door").hidden = false;
  if (error.code === "setup_code") byId("door-code").focus();
  else put(byId("door-problem"), error.message);
}
