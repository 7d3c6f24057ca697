// What may still be done with a finished sale, on its receipt: void all of it, or take goods of it back.
import { t } from "./language.js";
import { NoAnswer, Refused, get, post } from "./till/api.js";
import { withApproval } from "./till/approve.js";
import { byId, put } from "./till/dom.js";
import { uuid7 } from "./till/uuid.js";
import { askWords } from "./till/words.js";

const { document: id } = byId("desk").dataset;
const act = uuid7(); // one void of this page, however often it is pressed
let facts = null;

const say = (text) => put(byId("act-problem"), text);

async function tried(what) {
  say("");
  try {
    return await what();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    say(error instanceof Refused ? error.message : t("No answer. Press again: it is voided once only."));
    return null;
  }
}

async function voidSale() {
  const reason = await askWords({ title: t("Void this sale"), what: t("{number}, {total}: everything comes back, to the way it was paid", { number: facts.receipt.number, total: facts.receipt.total_text }), label: t("Reason"), offered: facts.void.reasons, button: t("Void the sale"), required: t("Say why it is voided.") });
  if (reason === null) return;
  const answer = await tried(() => withApproval((approvals) => post("/api/void", { id: act, document: id, reason, approvals })));
  if (answer) location.assign(`/receipts/${encodeURIComponent(answer.receipt.number)}`);
}

try {
  facts = await get(`/api/refunds/${encodeURIComponent(id)}/lines`);
  byId("void").hidden = !facts.void.allowed || facts.receipt.kind !== "sale";
  byId("give-back").hidden = !facts.lines.some((line) => !line.why_not);
  byId("give-back").href = `/#return=${encodeURIComponent(facts.receipt.number)}`;
  if (facts.receipt.voided_by) put(byId("voided"), t("Voided by {number}.", { number: facts.receipt.voided_by }));
  byId("void").addEventListener("click", voidSale);
} catch (error) {
  if (!(error instanceof Refused || error instanceof NoAnswer)) throw error; // nothing was sold on it, or nobody may
}
