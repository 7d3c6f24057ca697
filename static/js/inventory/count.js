// One count: what is found is scanned and sent, as often as people like; then the round is finished.
import { listed, t, tn } from "../language.js";
import { byId, h, icon, put } from "../till/dom.js";
import { NoAnswer, Refused, post, say, sentence } from "./base.js";
import { startRows } from "./rows.js";
import { startScans } from "./scans.js";
import { startSending, whomToAsk } from "./send.js";
import { Sheet } from "./sheet.js";

const told = JSON.parse(byId("the-count").textContent);
const { id, round } = told.count;
const path = `/api/inventory/counts/${encodeURIComponent(id)}`;
const seconds = (since) => Math.max(0, Math.round((Date.now() - since) / 1000));

let send = async () => true;
let sheet = null;

if (byId("whom")) put(byId("whom"), whomToAsk());
if (round) count();
for (const [button, act] of [["again", "again"], ["give-up", "give-up"], ["finish", "finish"]]) byId(button)?.addEventListener("click", () => (act === "finish" ? finish() : twice(byId(button), act)));
for (const button of document.querySelectorAll("[data-uncounted]")) button.addEventListener("click", () => finish(button.dataset.uncounted));

function count() {
  sheet = new Sheet(`count.${id}.${round}`);
  takeOver();
  const locked = () => Boolean(sheet.state.sent);
  startRows(sheet, { columns: [], least: "0", locked });
  startScans(sheet, { place: () => "", taken, held: () => (locked() ? t("This is being sent; scan on when it is done.") : "") });
  send = startSending(sheet, {
    path: `${path}/counted`,
    zero: true,
    body: () => ({ round }),
    line: ({ sku, quantity, mode, at }) => ({ sku, quantity, mode: mode ?? "new", at }),
    now: ({ company: _, ...kept }) => ({ ...kept, lines: kept.lines.map(({ at, ...rest }) => ({ ...rest, ago: seconds(at) })) }),
    done: (answer) => {
      paint(answer);
      return t("What you counted is kept. Scan on, or finish the round when all is counted.");
    },
  });
  paint(told);
}

/** What nobody sent before somebody else ended the first round is not lost where it is counted again. */
function takeOver() {
  if (round !== 2) return;
  const before = new Sheet(`count.${id}.1`);
  const wanted = before.filled().filter((one) => told.items.some((item) => item.sku === one.sku));
  for (const one of wanted) sheet.raise({ ...one, mode: undefined, clash: false });
  if (before.lines.length) before.clear();
}

function taken(found) {
  if (round === 2 && !told.items.some((one) => one.sku === found.sku)) {
    sheet.addUnknown(found.sku, t("{name} need not be counted again.", { name: found.name }));
    return null;
  }
  return sheet.raise(found);
}

function paint({ count: now, items }) {
  if (now.round !== round) return location.reload();
  told.items = items;
  put(byId("progress"), t("{counted} of {items} counted", { counted: now.counted, items: now.items }));
  byId("items").replaceChildren(...items.map((one) => h("li", {}, h("b", { dir: "auto" }, one.name), h("span", { class: "quiet" }, h("bdi", {}, one.sku)), h("span", { class: "spacer" }), one.counted ? h("span", { class: "is-counted" }, icon("check"), t("{name}, {when}", { name: one.by, when: one.atText })) : h("span", { class: "quiet" }, t("not yet")))));
  return undefined;
}

/** End the round; what was not sent yet goes first. */
async function finish(uncounted = "") {
  put(byId("finish-problem"), "");
  if (byId("uncounted")) byId("uncounted").hidden = true;
  if (sheet?.lines.length && !(await send())) return;
  try {
    const answer = await post(`${path}/finish`, { uncounted, round }, 30000);
    if (answer.again?.length) {
      put(byId("finish-problem"), t("The stock of {items} was changed by hand after it was counted. Count it once more.", { items: listed(answer.again) }));
      paint(answer);
      return;
    }
    location.reload();
  } catch (error) {
    if (error instanceof Refused && error.code === "uncounted") return askUncounted(error.body.items);
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("finish-problem"), sentence(error));
  }
}

function askUncounted(items) {
  put(byId("uncounted-says"), tn("{n} item was not counted:", "{n} items were not counted:", items.length));
  const names = items.slice(0, 12).map((sku) => told.items.find((one) => one.sku === sku)?.name ?? sku);
  put(byId("uncounted-names"), listed(names) + (items.length > names.length ? " …" : ""));
  byId("uncounted").hidden = false;
  byId("uncounted").scrollIntoView({ block: "nearest" });
  say(byId("uncounted-says").textContent);
}

/** An act that is done at the second press. */
async function twice(button, act) {
  if (button.dataset.sure !== "yes") {
    button.dataset.sure = "yes";
    return put(button, t("Really? Press again"));
  }
  try {
    await post(`${path}/${act}`);
    return location.reload();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    return put(byId("finish-problem"), sentence(error));
  }
}
