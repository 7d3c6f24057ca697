// What is known of a gift voucher, in words: what is on it, until when, whose word that is and how old.
import { t } from "../language.js";
import { post } from "./api.js";
import { figure, h, icon } from "./dom.js";

const ANSWER_MS = 6000; // the issuer is given two seconds of it

/** Ask for a voucher. basket and amount: what is to be paid with it, so that the value is set aside; both may be left out. */
export const askVoucher = (code, basket = "", amount = "") => post("/api/vouchers/check", { code, ...(basket ? { basket, amount } : {}) }, ANSWER_MS);

/** What stands there until the answer is in; the issuer may take two seconds. */
export const asking = () => h("p", { class: "vcard" }, t("Asking about the voucher…"));

/** The answer as a card. */
export function voucherCard(found) {
  const { voucher } = found;
  const known = voucher.state !== "unknown";
  const lines = known ? [
    voucher.expires_text && t("until {day}", { day: voucher.expires_text }),
    t("made over {amount}", { amount: voucher.issued_text }),
  ].filter(Boolean).join(" · ") : "";
  const wrong = !known || voucher.overdrawn;
  return h("div", { class: `vcard ${found.can_redeem ? "is-good" : wrong ? "is-not" : ""}` },
    h("div", { class: "vcard-head" }, icon(wrong ? "warn" : "gift"), h("span", {}, h("b", { class: "mono ltr" }, voucher.code), h("small", {}, t(voucher.state_text))), known ? h("b", { class: "vcard-left" }, figure(voucher.balance_text), h("small", {}, t("on it"))) : ""),
    lines ? h("p", {}, lines) : "",
    ...facts(found).map((text) => h("p", {}, text)),
    found.why_not && known ? h("p", { class: "vcard-why" }, found.why_not) : "");
}

/** The sentences below the figure: what other tills hold, how old the knowledge is, which rule holds meanwhile. */
export function facts({ voucher, fresh, offline_text: rule, may_use: may, may_use_text: mayText, can_redeem: can }) {
  if (voucher.state === "unknown") return [rule].filter(Boolean);
  const held = /[1-9]/.test(voucher.held) && t("{amount} of it is set aside at another till.", { amount: voucher.held_text });
  const age = ageOf(voucher, fresh);
  const less = can && may !== voucher.balance && t("{amount} of it may be used now.", { amount: mayText });
  const open = /[1-9]/.test(voucher.exposure) && t("{amount} was used without a connection and is not confirmed yet.", { amount: voucher.exposure_text });
  return [less, held, age, rule, open].filter(Boolean);
}

function ageOf({ known_text: when }, fresh) {
  if (when) return fresh ? t("Confirmed {when}.", { when }) : t("Last confirmed {when}.", { when });
  return fresh ? t("This till keeps it: that is what is on it now.") : t("Nobody but this till has confirmed it yet.");
}

/** The same for the live region. */
export const spoken = (found) => [found.voucher.state === "unknown" ? t("Voucher {code} is not known.", { code: found.voucher.code }) : t("Voucher {code}: {amount} on it.", { code: found.voucher.code, amount: found.voucher.balance_text }), ...facts(found), found.why_not].filter(Boolean).join(" ");
