// A new purchase order: from whom, where to, what, at what cost.
import { t } from "../language.js";
import { byId } from "../till/dom.js";
import { choices, levels } from "./places-of-work.js";
import { startRows } from "./rows.js";
import { startScans } from "./scans.js";
import { startSending } from "./send.js";
import { Sheet, facts } from "./sheet.js";

const sheet = new Sheet("order", { supplier: "", location: facts.place, number: "", memo: "" });
const locked = () => Boolean(sheet.state.sent);

choices(sheet, { supplier: byId("supplier"), location: byId("location"), number: byId("number"), memo: byId("memo") }, locked);
levels(sheet, () => sheet.fields.location);
startRows(sheet, { locked, columns: ["level", "cost"] });
startScans(sheet, { place: () => sheet.fields.location, held: () => (locked() ? t("This is being sent; scan on when it is done.") : "") });
startSending(sheet, {
  path: "/api/inventory/orders",
  body: () => {
    const { supplier, location, number, memo } = sheet.fields;
    if (!supplier.trim()) return t("Say who it is ordered from.");
    if (!location) return t("Say at which place.");
    return { supplier, location, number, memo };
  },
  line: ({ sku, quantity, cost }) => ({ sku, quantity, cost: cost ?? "" }),
  done: ({ order }) => t("The order {number} is kept.", { number: order.number }),
  after: () => sheet.clear({ ...sheet.fields, supplier: "", number: "", memo: "" }),
});
