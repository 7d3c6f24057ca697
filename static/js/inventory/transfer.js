// Goods from one place to another: scan, say where to, move.
import { t } from "../language.js";
import { byId } from "../till/dom.js";
import { choices, levels } from "./places-of-work.js";
import { startRows } from "./rows.js";
import { startScans } from "./scans.js";
import { many, startSending } from "./send.js";
import { Sheet, facts } from "./sheet.js";

const sheet = new Sheet("transfer", { from: facts.place, to: "", memo: "" });
const name = (code) => facts.places.find((one) => one.code === code)?.name ?? code;
const locked = () => Boolean(sheet.state.sent);

choices(sheet, { from: byId("from"), to: byId("to"), memo: byId("memo") }, locked);
byId("swap").addEventListener("click", () => {
  if (locked()) return;
  const { from, to } = sheet.fields;
  Object.assign(sheet.fields, { from: to, to: from });
  sheet.keep();
});
levels(sheet, () => sheet.fields.from);
startRows(sheet, { locked });
startScans(sheet, { place: () => sheet.fields.from, held: () => (locked() ? t("This is being sent; scan on when it is done.") : "") });
startSending(sheet, {
  path: "/api/inventory/transfer",
  body: () => {
    const { from, to, memo } = sheet.fields;
    if (!from || !to) return t("Choose where the goods come from and where they go to.");
    if (from === to) return t("Goods go to another place than the one they are at.");
    return { fromLocation: from, toLocation: to, memo };
  },
  line: ({ sku, quantity }) => ({ sku, quantity }),
  done: ({ event }) => t("{lines} moved from {from} to {to}.", { lines: many(event.lines.length), from: name(sheet.fields.from), to: name(sheet.fields.to) }),
  after: () => sheet.clear({ ...sheet.fields, memo: "" }),
});
