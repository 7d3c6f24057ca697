// A second person agrees on this screen: code or badge, and PIN, for the one act that was refused for want of it.
import { plain, t } from "../language.js";
import { NoAnswer, Refused, post } from "./api.js";
import { askFromAfar } from "./ask.js";
import { openDialog } from "./dialogs.js";
import { byId, disable, isDisabled, put } from "./dom.js";
import { changed, state } from "./state.js";

const KEPT_MAX = 8; // approvals a basket carries; older ones were for what it no longer holds
const TITLES = {
  discount: t("Agree to this discount"), price_override: t("Agree to this price"), refund: t("Agree to this return"), blind_return: t("Agree to a return without a receipt"),
  late_return: t("Agree to a late return"), refund_tender: t("Agree to paying back another way"), no_sale: t("Agree to opening the drawer"), void: t("Agree to voiding this sale"),
  paid_out: t("Agree to moving this cash"), z_read: t("Agree to closing the day"), variance: t("Agree to this difference"), reprint: t("Agree to a copy"), voucher_issue: t("Agree to a voucher by hand"),
};

let badge = "";
let into = null; // the field the pad types into

export const needsSecond = (error) => error instanceof Refused && error.code === "needs_approval";

/** send(approvals), and again after each approval it turns out to need. Null when it was given up; throws any other refusal. */
export async function withApproval(send) {
  const approvals = [];
  for (;;) {
    try {
      return await send(approvals);
    } catch (error) {
      if (!needsSecond(error)) throw error;
      const id = await askSecond(error);
      if (!id) return null;
      approvals.push(id);
    }
  }
}

/** What the open basket was refused; answers whether somebody agreed. The basket carries it and is priced again. */
export async function approveBasket(error) {
  const id = await askSecond(error);
  if (!id) return false;
  state.needs = null;
  state.basket.approvals = [...state.basket.approvals, id].slice(-KEPT_MAX);
  changed();
  return true;
}

/** Ask for the second person. Answers the approval's id, or "" when given up. */
function askSecond(refusal) {
  const dialog = byId("dlg-approve");
  if (dialog.open) return Promise.resolve("");
  const { act, subject, bound } = refusal.body;
  const [code, pin] = [byId("approve-code"), byId("approve-pin")];
  const form = dialog.querySelector("form");
  const pad = dialog.querySelector(".pad");
  const asked = { act, subject, ...(bound === undefined || bound === null ? {} : { bound }) };
  let answer = "";
  badge = code.value = pin.value = "";
  into = code;
  put(byId("dlg-approve-title"), TITLES[act] ?? t("Agree to this"));
  put(byId("approve-why"), refusal.message);
  put(byId("approve-problem"), "");
  const submit = async (event) => {
    event.preventDefault();
    if (!badge && code.value && !pin.value && document.activeElement === code) return pin.focus();
    answer = await send(asked, code, pin);
    return answer && dialog.close("ok");
  };
  const focused = (event) => {
    if (event.target === code || event.target === pin) into = event.target;
  };
  const tap = (event) => {
    const key = event.target.closest("[data-pad]")?.dataset.pad;
    if (key) press(key);
  };
  const afar = byId("approve-ask");
  let giveUp = () => {};
  const askAfar = () => {
    if (isDisabled(afar)) return;
    disable(afar, true);
    put(byId("approve-problem"), "");
    giveUp = askFromAfar({ ...asked, what: refusal.message.slice(0, 300) }, (text) => put(byId("approve-why"), text), (approval) => {
      disable(afar, false);
      answer = approval;
      if (approval) dialog.close("ok");
    });
  };
  disable(afar, false);
  afar.addEventListener("click", askAfar);
  form.addEventListener("submit", submit);
  form.addEventListener("focusin", focused);
  pad.addEventListener("click", tap);
  openDialog(dialog, typeInto, (scanned) => {
    badge = scanned;
    code.value = "";
    put(byId("approve-problem"), "");
    put(byId("approve-why"), t("Badge read. Type the PIN."));
    pin.focus();
  });
  code.focus();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      form.removeEventListener("submit", submit);
      form.removeEventListener("focusin", focused);
      pad.removeEventListener("click", tap);
      afar.removeEventListener("click", askAfar);
      giveUp();
      code.value = pin.value = "";
      done(answer);
    }, { once: true });
  });
}

async function send(asked, code, pin) {
  if (!pin.value || (!code.value && !badge)) {
    put(byId("approve-problem"), t("Type the code and the PIN of somebody who may agree."));
    return "";
  }
  try {
    const who = badge ? { badge } : { code: plain(code.value.trim()) };
    return (await post("/api/approve", { ...asked, ...who, pin: plain(pin.value) })).approval;
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("approve-problem"), error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
    pin.value = "";
    (error.field === "code" ? code : pin).focus();
    return "";
  }
}

function press(key) {
  if (key === "erase") into.value = into.value.slice(0, -1);
  else if (key === "clear") into.value = "";
  else into.value += key;
  into.focus();
}

/** Typed while neither field had the focus. */
function typeInto(text) {
  const [field, before] = [into, into.value];
  field.value += text;
  field.focus();
  return () => {
    field.value = before;
  };
}
