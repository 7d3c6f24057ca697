// Goods in: what came, against an order or without one.
import { t } from "../language.js";
import { byId } from "../till/dom.js";
import { NoAnswer, Refused, get } from "./base.js";
import { choices, levels } from "./places-of-work.js";
import { startRows } from "./rows.js";
import { startScans } from "./scans.js";
import { many, startSending } from "./send.js";
import { Sheet, facts } from "./sheet.js";

let order = JSON.parse(byId("the-order").textContent);
const sheet = new Sheet(order ? `receive.${order.id}` : "receive", { location: order?.location ?? facts.place, reference: "", memo: "" });
const locked = () => Boolean(sheet.state.sent);

choices(sheet, { location: byId("location"), reference: byId("reference"), memo: byId("memo") }, locked);
byId("order").addEventListener("change", (event) => location.assign(event.target.value ? `/inventory/receive?order=${encodeURIComponent(event.target.value)}` : "/inventory/receive"));

/** The order's line of an item, with what has still to come. */
const ordered = (sku) => order?.lines.find((one) => one.sku === sku && one.left !== "0") ?? order?.lines.find((one) => one.sku === sku);

/** What came goes on its line of the order; what was not ordered is said at once. */
function taken(found) {
  const of = ordered(found.sku);
  if (order && !of) {
    sheet.addUnknown(found.sku, t("{name} is not on this order; receive it without the order.", { name: found.name }));
    return null;
  }
  const line = sheet.raise(found);
  if (of) Object.assign(line, { ...toCome(of), cost: line.cost || of.cost });
  sheet.state.last = "";
  sheet.keep();
  return line;
}

const toCome = (of) => ({ orderLine: of.orderLine, orderedText: of.quantityText, left: of.left, leftText: of.leftText });

/** Lines kept from before say what has to come by now: others receive against the same order. */
function follow() {
  for (const line of order ? sheet.lines : []) {
    const of = order.lines.find((one) => one.orderLine === line.orderLine);
    if (of) Object.assign(line, toCome(of));
  }
}

/** What came is off what has to come: another delivery may follow on this page. */
async function after() {
  sheet.clear({ ...sheet.fields, reference: "", memo: "" });
  if (!order) return;
  try {
    order = (await get(`/api/inventory/orders/${encodeURIComponent(order.id)}`)).order;
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
  }
  follow();
  sheet.keep();
}

follow();
levels(sheet, () => sheet.fields.location);
startRows(sheet, { locked, columns: order ? ["left", "level", "cost"] : ["level", "cost"] });
startScans(sheet, { place: () => sheet.fields.location, taken, held: () => (locked() ? t("This is being sent; scan on when it is done.") : "") });
startSending(sheet, {
  path: "/api/inventory/receipt",
  body: () => {
    const { location: place, reference, memo } = sheet.fields;
    if (!place) return t("Say at which place.");
    return { location: place, reference, memo, ...(order ? { purchaseOrder: order.id } : {}) };
  },
  line: ({ sku, quantity, cost, orderLine }) => ({ sku, quantity, cost: cost ?? "", ...(orderLine ? { orderLine } : {}) }),
  done: ({ event }) => t("{lines} received.", { lines: many(event.lines.length) }),
  after,
});
