// Tools: a question to QuickBooks with its answer as a table, and a mapping held against what is there.
import { t, tn } from "../language.js";
import { post } from "../till/api.js";
import { byId, disable, h, icon, isDisabled, put } from "../till/dom.js";
import { say, sentence } from "../console/frame.js";
import { runsUrl } from "./base.js";

const QUERY_MS = 75000;
const VERIFY_MS = 130000;
const seconds = new Intl.NumberFormat(document.documentElement.lang || "en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A form that is sent by script: one at a time, its trouble told in its own line. */
function tool(name, path, milliseconds, shown) {
  const form = byId(name);
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (isDisabled(button)) return;
    disable(button, true);
    form.setAttribute("aria-busy", "true");
    put(byId(`${name}-problem`), "");
    byId(`${name}-answer`).hidden = true;
    try {
      shown(await post(runsUrl(path), Object.fromEntries(new FormData(form)), milliseconds));
      byId(`${name}-answer`).hidden = false;
    } catch (error) {
      put(byId(`${name}-problem`), sentence(error));
    }
    form.removeAttribute("aria-busy");
    disable(button, false);
  });
}

tool("query", "/tools/query", QUERY_MS, (found) => {
  const words = found.count === null ? tn("{n} row", "{n} rows", found.rows.length) : tn("{n} counted", "{n} counted", found.count);
  put(byId("query-count"), found.more ? t("{rows}; there may be more", { rows: words }) : words);
  put(byId("query-took"), t("{seconds} s", { seconds: seconds.format(found.took_ms / 1000) }));
  const heads = h("thead", {}, h("tr", {}, found.columns.map((name) => h("th", { scope: "col" }, name))));
  const rows = found.rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, h("bdi", {}, cell)))));
  byId("query-rows").replaceChildren(...(found.columns.length ? [heads, h("tbody", {}, rows)] : []));
  say(byId("query-count").textContent);
});

tool("verify", "/tools/verify-mapping", VERIFY_MS, (found) => {
  const of = { saved: "check", needs: "warn", check: "park" };
  const line = (one) =>
    h("li", { class: `is-${one.tone}` }, icon(of[one.tone] ?? "equal"), h("div", {}, h("b", {}, one.title || t("The mapping as a whole")), " ", h("small", {}, `${one.count}`), one.words.length ? one.words.map((words) => h("p", { dir: "auto" }, words)) : h("p", { class: "quiet" }, t("Everything fits."))));
  byId("verify-answer").replaceChildren(...found.checks.map(line));
});
