// The close: a blind count by note and coin, then expected against counted, a reason for a difference, and the Z.
// The page never adds up; amounts appear with the server's answer, and expected figures only after the count is stored.
import { listed, plain, t, tn, tx } from "../language.js";
import { NoAnswer, Refused, post } from "../till/api.js";
import { say, sayNow } from "../till/a11y.js";
import { withApproval } from "../till/approve.js";
import { byId, disable, figure, h, icon, isDisabled, put } from "../till/dom.js";
import { Entry } from "../till/entry.js";
import { uuid7 } from "../till/uuid.js";

let shift = null;
let money = (text) => text;
let digits = 2;
let compared = null;
let ids = { count: "", close: "" }; // kept until answered, so that pressing twice counts once
let closed = () => {};

/** closedWith(z): the Z is written. */
export function startClose(shop, format, closedWith) {
  [money, digits, closed] = [format, shop.digits, closedWith];
  byId("count-form").addEventListener("submit", (event) => event.preventDefault());
  byId("count-form").addEventListener("keydown", nextField);
  byId("go").addEventListener("click", () => (compared ? close() : compare()));
  byId("count-again").addEventListener("click", () => startCount(shift));
}

/** Enter and the arrows go from note to coin; only Compare fixes the count. */
function nextField(event) {
  const by = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const fields = [...byId("pieces").querySelectorAll("input"), ...byId("others").querySelectorAll("input"), byId("go")];
  fields[fields.indexOf(event.target) + by]?.focus();
}

/** Begin the count; nothing of what is expected is on the page. */
export function startCount(given) {
  shift = given;
  compared = null;
  ids = { count: uuid7(), close: uuid7() };
  byId("day").dataset.step = "count";
  put(byId("close-day"), shift.session?.day_text ?? "");
  put(byId("count-fixed"), "");
  byId("pieces").replaceChildren(...shift.denominations.map((one) => h("tr", {}, h("th", { scope: "row" }, figure(one.text)),
    h("td", { class: "num" }, h("input", { class: "field pcs", "data-value": one.value, "aria-label": one.words, inputmode: "numeric", maxlength: "6", autocomplete: "off" })), h("td", { class: "num", "data-amount": one.value }, "–"))));
  byId("others").replaceChildren(...shift.tenders.map((one) => h("label", {}, h("span", { class: "lbl" }, t("{name}, total counted", { name: t(one.name) })), otherField(one))));
  put(byId("counted"), "–");
  put(byId("go-word"), t("Compare"));
  problem("");
  steps(1);
  byId("pieces").querySelector("input").focus();
}

/** The total of a terminal or of slips: typed from the right, as on the keypad. Left empty, it is not counted. */
function otherField(one) {
  const entry = new Entry("money", digits);
  const field = h("input", { class: "field ltr", "data-tender": one.name, "data-figure": "", inputmode: "numeric", autocomplete: "off", placeholder: t("not counted") });
  field.addEventListener("beforeinput", (event) => {
    event.preventDefault();
    if (event.inputType.startsWith("delete")) entry.press("erase");
    else for (const character of event.data ?? "") entry.press(character);
    field.dataset.figure = entry.value();
    field.value = entry.value() ? money(entry.value()) : "";
  });
  return field;
}

async function compare() {
  const denominations = {};
  for (const field of byId("pieces").querySelectorAll("input")) {
    const pieces = plain(field.value.trim());
    if (!/^\d*$/.test(pieces)) {
      field.focus();
      return problem(t("{what}: type how many pieces.", { what: field.getAttribute("aria-label") }));
    }
    if (pieces) denominations[field.dataset.value] = Number.parseInt(pieces, 10);
  }
  const tenders = Object.fromEntries([...byId("others").querySelectorAll("input")].filter((field) => field.dataset.figure).map((field) => [field.dataset.tender, field.dataset.figure]));
  const answer = await send(() => post("/api/shift/count-check", { id: ids.count, denominations, tenders }));
  if (answer) showCompared(answer);
  return undefined;
}

function showCompared(answer) {
  compared = answer;
  byId("day").dataset.step = "compare";
  steps(2);
  put(byId("count-fixed"), t("fixed {time}", { time: answer.at_text }));
  for (const field of byId("pieces").querySelectorAll("input")) field.readOnly = true;
  for (const piece of answer.pieces) byId("pieces").querySelector(`[data-amount="${piece.value}"]`)?.replaceChildren(figure(piece.amount_text));
  byId("counted").replaceChildren(figure(answer.counted_text));
  byId("compared").replaceChildren(...answer.rows.map(comparedRow));
  byId("compared-all").replaceChildren(h("th", { scope: "row" }, t("All counted")), ...[answer.all.expected_text, answer.all.counted_text, answer.all.difference_text].map((text) => h("td", { class: "num" }, figure(text))));
  const result = answer.how.find((one) => one.result);
  byId("how-title").replaceChildren(...tx("How {amount} in cash is expected", { amount: figure(result?.amount_text ?? "") }));
  byId("how").replaceChildren(...answer.how.flatMap((one) => [h("dt", { class: one.result ? "res" : null }, one.text), h("dd", { class: one.result ? "res" : null }, figure(one.amount_text))]));
  const open = listed([answer.waiting && tn("{n} not in the books yet", "{n} not in the books yet", answer.waiting), answer.held && tn("{n} basket held", "{n} baskets held", answer.held)].filter(Boolean));
  put(byId("closing-facts"), `${answer.documents_text}${open ? ` ${t("{open}: closing does not wait.", { open })}` : ""}`);
  paintAlert(answer);
  put(byId("go-word"), t("Close and write Z {number}", { number: `${answer.next_z}`.padStart(4, "0") }));
  (byId("why").querySelector("input") ?? byId("go")).focus();
  sayNow(answer.sentence);
}

function comparedRow(row) {
  const equal = row.state === "equal";
  const difference = row.state === "not_counted" ? h("span", {}, t("not counted")) : h("span", { class: equal ? "diff eq" : "diff bad" }, icon(equal ? "check" : "warn"), figure(row.difference_text));
  return h("tr", { class: equal || row.state === "not_counted" ? null : "row-short" }, h("th", { scope: "row" }, t(row.name)), ...[row.expected_text, row.counted_text ?? "–"].map((text) => h("td", { class: "num" }, figure(text))), h("td", { class: "num" }, difference));
}

function paintAlert(answer) {
  const alert = byId("close-alert");
  alert.classList.toggle("is-fine", !answer.needs_reason);
  const more = answer.needs_approval ? t("Over {limit} needs a reason and a second person.", { limit: answer.limit_text }) : answer.needs_reason ? t("It needs a reason.") : t("Nothing to explain.");
  alert.replaceChildren(icon(answer.needs_reason ? "warn" : "check"), h("div", {}, h("b", {}, answer.sentence), more));
  byId("explain").hidden = !answer.needs_reason;
  byId("why").replaceChildren(...[...shift.variance_reasons, "Other"].map((text) => h("label", { class: "radio" }, h("input", { type: "radio", name: "why", value: text }), t(text))));
  byId("close-note").value = "";
}

async function close() {
  const chosen = byId("explain").querySelector("input:checked")?.value ?? "";
  const note = byId("close-note").value.trim();
  const reason = chosen === "Other" ? note : chosen;
  if (compared.needs_reason && !reason) {
    (chosen ? byId("close-note") : byId("why").querySelector("input")).focus();
    return problem(chosen ? t("Write the reason into the note.") : t("Choose a reason for the difference."));
  }
  const body = { id: ids.close, count: compared.count, reason, note };
  const answer = await send(() => withApproval((approvals) => post("/api/shift/close", { ...body, approvals })));
  if (!answer) return undefined;
  steps(3);
  say(t("{name} is written.", { name: answer.z.name }));
  return closed(answer.z);
}

async function send(act) {
  if (isDisabled(byId("go"))) return null;
  disable(byId("go"), true);
  problem("");
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    if (error.code === "already_closed") closed({ name: error.body.name, number: error.body.number, document: error.body.document });
    else if (error.code === "count_again") startCount(shift);
    problem(error instanceof Refused ? error.message : t("No answer. Press again: it is counted and closed once only."));
    return null;
  } finally {
    disable(byId("go"), false);
  }
}

const problem = (text) => put(byId("close-problem"), text);

function steps(now) {
  [...byId("steps").children].forEach((step, at) => {
    step.classList.toggle("done", at + 1 < now);
    if (at + 1 === now) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  });
}
