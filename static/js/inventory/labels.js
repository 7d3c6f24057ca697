// Shelf labels: chosen by scan, shown as they will be, printed by the browser.
import { t } from "../language.js";
import { byId, disable, h, isDisabled, put } from "../till/dom.js";
import { thousandths } from "../till/quantity.js";
import { withQuery } from "./base.js";
import { startRows } from "./rows.js";
import { startScans } from "./scans.js";
import { Sheet, facts } from "./sheet.js";

const LABELS_MAX = 500;
const sheet = new Sheet("labels");

/** How many labels of a line: whole ones. */
const copies = (one) => Number((thousandths(one.quantity) ?? 0n) / 1000n);

const label = (one) => h("article", { class: "label" }, h("b", { dir: "auto" }, [one.name, one.detail].filter(Boolean).join(" · ")), h("span", { class: "price" }, h("bdi", {}, one.priceText)), h("img", { src: withQuery("/inventory/labels/barcode.svg", { code: one.barcode }), alt: one.barcode }), h("span", { class: "code" }, h("bdi", {}, one.sku)));

function paint() {
  const wanted = sheet.filled();
  const many = wanted.reduce((sum, one) => sum + copies(one), 0);
  put(byId("work-problem"), many > LABELS_MAX ? t("At most {n} labels at once.", { n: LABELS_MAX }) : "");
  disable(byId("go"), many === 0 || many > LABELS_MAX);
  byId("clear").hidden = !sheet.lines.length;
  byId("labels").replaceChildren(...(many > LABELS_MAX ? [] : wanted.flatMap((one) => Array.from({ length: copies(one) }, () => label(one)))));
}

startRows(sheet, { columns: [] });
startScans(sheet, { place: () => facts.place, taken: (found) => sheet.raise({ ...found, quantity: "1" }) });
sheet.whenChanged(paint);
paint();
byId("go").addEventListener("click", async () => {
  if (isDisabled(byId("go"))) return;
  await Promise.all([...document.querySelectorAll(".label img")].map((one) => one.decode().catch(() => {})));
  print();
});
byId("clear").addEventListener("click", () => sheet.clear());
