// When more comes back than is bought: the pay view gives money back, and says how the goods were once paid.
import { t } from "../language.js";
import { NoAnswer, Refused, get } from "./api.js";
import { byId, put } from "./dom.js";
import { state } from "./state.js";

/** Whether the open basket is one to pay back. */
export const isRefund = () => state.priced?.total.startsWith("-") ?? false;

/** What a person types as 12.00 goes back as -12.00. */
export const signed = (amount) => (isRefund() && amount ? `-${amount.replace("-", "")}` : amount);

/** The way the goods were paid, when nobody chose another or typed meanwhile: of another till's receipt the hub is asked for it. */
export async function wayBack(modes, now, isTyped) {
  const first = now();
  const names = await showCame();
  const chosen = modes.find((one) => names.includes(one.name));
  return chosen && !names.includes(now().name) && now() === first && !isTyped() ? chosen : null;
}

/** Words of the pay view, and the tenders of the receipts the goods come from. Answers the names of those with something left. */
async function showCame() {
  const refund = isRefund();
  byId("tender").closest(".till").classList.toggle("is-refund", refund);
  put(byId("pay-left-word"), refund ? t("To give back") : t("Left to pay"));
  put(byId("taken-word"), refund ? t("Given back so far") : t("Taken so far"));
  const place = byId("pay-came");
  place.hidden = true;
  if (!refund) return [];
  const ids = new Set(state.basket.lines.map((line) => line.return_against?.id).filter(Boolean));
  const answers = await Promise.all([...ids].map(linesOf));
  const came = answers.filter(Boolean).flatMap((one) => one.tenders);
  place.hidden = came.length === 0;
  const free = answers.some((one) => one?.free_kinds.includes("voucher"));
  const words = free ? t("It was paid with {tenders}. That way, or onto a voucher; any other way needs somebody who may.", { tenders: came.map(tenderText).join("; ") }) : t("It was paid with {tenders}. Another way back needs somebody who may.", { tenders: came.map(tenderText).join("; ") });
  put(place, words);
  return came.filter((one) => /[1-9]/.test(one.left)).map((one) => one.mode_of_payment);
}

const tenderText = (one) => [one.last4 ? t("{mode} ending {digits}", { mode: t(one.mode_of_payment), digits: one.last4 }) : t(one.mode_of_payment), one.paid_text, /[1-9]/.test(one.back) && t("of which {amount} is left", { amount: one.left_text })].filter(Boolean).join(" ");

async function linesOf(id) {
  try {
    return await get(`/api/refunds/${encodeURIComponent(id)}/lines`);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    return null; // paying back works without it; the server refuses what may not be
  }
}

/** What the big key says while money goes back. */
export function giveWord({ saving, done, typed, name, format }) {
  if (saving) return t("Saving…");
  if (done && !typed) return t("Finish");
  return typed ? t("Give back {amount}", { amount: format(typed) }) : t("Give back, {mode}", { mode: t(name).toLowerCase() });
}
