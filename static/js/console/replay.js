// Replay: files dropped or chosen, or text pasted; first what would happen, then it is done. The server reads the receipts.
import { t, tn } from "../language.js";
import { post } from "../till/api.js";
import { byId, disable, figure, h, icon, isDisabled, put } from "../till/dom.js";
import { say, sentence } from "./frame.js";

/** One request holds so many receipts and characters at most; the server takes a little more. */
const BITE = { receipts: 100, characters: 300_000 };
const SHOWN_MAX = 500;
const VERDICTS = {
  new: ["waiting", "plus", () => t("New")],
  known: ["offline", "clock", () => t("Known")],
  booked: ["saved", "check", () => t("Booked already")],
  differs: ["needs", "warn", () => t("Differs")],
  unreadable: ["needs", "warn", () => t("No receipt")],
  taken: ["saved", "check", () => t("Taken in")],
  refused: ["needs", "warn", () => t("Refused")],
};
let receipts = [];
let looked = new Map();

function* bites(all) {
  let bite = [];
  let size = 0;
  for (const one of all) {
    if (bite.length && (bite.length >= BITE.receipts || size + one.text.length > BITE.characters)) {
      yield bite;
      bite = [];
      size = 0;
    }
    bite.push(one);
    size += one.text.length;
  }
  if (bite.length) yield bite;
}

function row(one) {
  const [tone, sign, words] = VERDICTS[one.verdict ?? one.result];
  return h(
    "tr",
    { class: tone === "needs" ? "is-needs" : null },
    h("td", {}, h("span", { class: `badge b-${tone}` }, icon(sign), words())),
    h("td", { class: "nowrap" }, figure(one.name)),
    h("th", { scope: "row" }, one.number && one.verdict !== "new" ? h("a", { href: `/console/trace?q=${encodeURIComponent(one.number)}` }, figure(one.number)) : figure(one.number || "–")),
    h("td", { class: "num" }, figure(one.total_text ?? "")),
    h("td", { class: "nowrap" }, figure(one.at_text ?? "")),
    h("td", { class: "why" }, one.words),
  );
}

function show(rows, key) {
  const counts = new Map();
  for (const one of rows) counts.set(one[key], (counts.get(one[key]) ?? 0) + 1);
  const worst = Object.keys(VERDICTS).reverse();
  rows.sort((a, b) => worst.indexOf(a[key]) - worst.indexOf(b[key]));
  byId("replayed").replaceChildren(...rows.slice(0, SHOWN_MAX).map(row));
  const told = [...counts].map(([name, n]) => `${n} ${VERDICTS[name][2]().toLowerCase()}`).join(" · ");
  put(byId("counts"), told);
  put(byId("rest"), rows.length > SHOWN_MAX ? t("The first {n} of {all} are shown.", { n: SHOWN_MAX, all: rows.length }) : "");
  say(told);
  return counts;
}

/** Every receipt through one of the two addresses, bite by bite; null when the server refused one of them. */
async function through(path) {
  const found = [];
  const progress = byId("progress");
  put(byId("problem"), "");
  progress.hidden = false;
  try {
    let done = 0;
    for (const bite of bites(receipts)) {
      progress.value = done / receipts.length;
      found.push(...(await post(path, { receipts: bite }, 120000)).rows);
      done += bite.length;
    }
  } catch (error) {
    put(byId("problem"), `${sentence(error)} ${t("Nothing is lost: begin again, what is here already stays as it is.")}`);
    return null;
  } finally {
    progress.hidden = true;
  }
  return found;
}

async function look(given) {
  receipts = given.filter((one) => one.text.trim());
  byId("result").hidden = receipts.length === 0;
  if (!receipts.length) return;
  put(byId("result-title"), t("What would happen"));
  disable(byId("go"), true);
  byId("go").hidden = false;
  byId("replayed").replaceChildren();
  const rows = await through("/api/console/replay/look");
  if (!rows) return;
  looked = new Map(rows.map((one) => [one.name, one]));
  const counts = show(rows, "verdict");
  const fresh = counts.get("new") ?? 0;
  put(byId("go-words"), fresh ? tn("Take in {n} new receipt", "Take in {n} new receipts", fresh) : t("Take them in"));
  disable(byId("go"), !(fresh || counts.get("known")));
}

async function go() {
  if (isDisabled(byId("go"))) return;
  disable(byId("go"), true);
  const rows = await through("/api/console/replay");
  if (!rows) return;
  put(byId("result-title"), t("What happened"));
  byId("go").hidden = true;
  show(rows.map((one) => ({ total_text: looked.get(one.name)?.total_text, at_text: looked.get(one.name)?.at_text, ...one })), "result");
}

const read = async (files) => look(await Promise.all([...files].map(async (file) => ({ name: file.name, text: await file.text() }))));

byId("files").addEventListener("change", (event) => read(event.target.files));
byId("look").addEventListener("click", () => look([{ name: t("Pasted"), text: byId("pasted").value }]));
byId("go").addEventListener("click", go);
byId("clear").addEventListener("click", () => {
  receipts = [];
  byId("files").value = "";
  byId("pasted").value = "";
  byId("result").hidden = true;
});
const drop = byId("drop");
for (const kind of ["dragover", "dragenter"])
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("is-over");
  });
document.addEventListener("dragleave", (event) => event.relatedTarget || drop.classList.remove("is-over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("is-over");
  if (event.dataTransfer.files.length) read(event.dataTransfer.files);
});
