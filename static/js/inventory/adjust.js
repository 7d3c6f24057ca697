// More or less than there should be, or a level set: with a reason, whose account is shown.
import { t } from "../language.js";
import { byId, put } from "../till/dom.js";
import { choices, levels } from "./places-of-work.js";
import { startRows } from "./rows.js";
import { startScans } from "./scans.js";
import { many, startSending, whomToAsk } from "./send.js";
import { Sheet, facts } from "./sheet.js";

const sheet = new Sheet("adjust", { location: facts.place, reason: "", memo: "", mode: "less" });
const locked = () => Boolean(sheet.state.sent);

choices(sheet, { location: byId("location"), reason: byId("reason"), memo: byId("memo") }, locked);
const radios = [...document.querySelectorAll("[name=mode]")];
for (const one of radios) one.addEventListener("change", () => sheet.set("mode", one.value));

function paint() {
  const { mode, reason } = sheet.fields;
  for (const one of radios) Object.assign(one, { checked: one.value === mode, disabled: locked() });
  byId("set-says").hidden = mode !== "set";
  put(byId("whom"), whomToAsk());
  const found = facts.reasons.find((one) => one.code === reason);
  put(byId("account"), found ? (found.account ? t("Account: {account}", { account: found.account }) : t("No account of its own; the item's stands in.")) : "");
}
sheet.whenChanged(paint);
paint();

levels(sheet, () => sheet.fields.location);
startRows(sheet, { locked, least: "0" });
startScans(sheet, { place: () => sheet.fields.location, held: () => (locked() ? t("This is being sent; scan on when it is done.") : "") });
startSending(sheet, {
  path: "/api/inventory/adjustment",
  zero: true,
  body: (filled) => {
    const { location, reason, memo, mode } = sheet.fields;
    if (!location) return t("Say at which place.");
    if (!reason) return t("Choose a reason: the books go by it.");
    if (mode !== "set" && filled.some((one) => !/[1-9]/.test(one.quantity))) return t("A line of nothing changes nothing; take it off.");
    return { location, reason, memo, mode: mode === "set" ? "set" : "delta" };
  },
  line: ({ sku, quantity }) => ({ sku, quantity: sheet.fields.mode === "less" ? `-${quantity}` : quantity }),
  done: ({ event }) => t("{lines} adjusted.", { lines: many(event.lines.length) }),
  after: () => sheet.clear({ ...sheet.fields, memo: "" }),
});
