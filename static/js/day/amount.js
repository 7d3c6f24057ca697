// Asks for an amount on the keypad and a reason, and sends them. It stays open, with the same id, until that is answered.
import { t } from "../language.js";
import { NoAnswer, Refused } from "../till/api.js";
import { withApproval } from "../till/approve.js";
import { erasing, openDialog, typing } from "../till/dialogs.js";
import { byId, put } from "../till/dom.js";
import { Entry } from "../till/entry.js";
import { uuid7 } from "../till/uuid.js";

let entry = null;
let format = (text) => text;

export function startAmounts(shop, money) {
  entry = new Entry("money", shop.digits);
  format = money;
  byId("dlg-amount").querySelector(".pad").addEventListener("click", (event) => {
    const key = event.target.closest("[data-pad]")?.dataset.pad;
    if (key) press(key);
  });
  byId("dlg-amount").addEventListener("keydown", (event) => erasing(event) && press(event.key === "Delete" ? "clear" : "erase"));
}

function press(key) {
  entry.press(key);
  put(byId("amount-problem"), "");
  paint();
}

const paint = () => put(byId("amount-typed"), format(entry.value() || "0"));

/** send({ id, amount, reason }, approvals) does it. Answers what the server answered, or null when given up. */
export function askAmount({ title, what, hint = "", button, withAmount = true, withReason = true, zero = false, send }) {
  const dialog = byId("dlg-amount");
  const form = dialog.querySelector("form");
  const id = uuid7();
  const reason = byId("amount-reason");
  let answer = null;
  let busy = false;
  entry.clear();
  reason.value = "";
  put(byId("amount-title"), title);
  put(byId("amount-what"), what);
  put(byId("amount-hint"), hint);
  put(byId("amount-go"), button);
  put(byId("amount-problem"), "");
  byId("amount-pad").hidden = !withAmount;
  byId("amount-why").hidden = !withReason;
  paint();
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    const wanted = { id, amount: entry.value() || (zero ? "0" : ""), reason: reason.value.trim() };
    if (withAmount && (!wanted.amount || (entry.isZero() && !zero))) return put(byId("amount-problem"), t("Type the amount."));
    if (withReason && !wanted.reason) {
      reason.focus();
      return put(byId("amount-problem"), t("Say what for."));
    }
    busy = true;
    try {
      answer = await withApproval((approvals) => send(wanted, approvals));
      if (answer) dialog.close("ok");
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      put(byId("amount-problem"), error instanceof Refused ? error.message : t("No answer. Press again: it is saved once only."));
    } finally {
      busy = false;
    }
    return undefined;
  };
  form.addEventListener("submit", submit);
  openDialog(dialog, (text) => typing(entry, text, paint));
  (withAmount ? byId("amount-go").closest("button") : reason).focus();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      form.removeEventListener("submit", submit);
      done(answer);
    }, { once: true });
  });
}
