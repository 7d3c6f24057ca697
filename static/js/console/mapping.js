// The mapping to QuickBooks: gather what was changed, save it against what was read; pick from long lists by words.
import { t } from "../language.js";
import { get, post, withQuery } from "../till/api.js";
import { byId, disable, h, isDisabled, put } from "../till/dom.js";
import { sentence } from "./frame.js";

const BASE = "/api/integrations/quickbooks";
const NEXT = "tillkeep.integrations.said";
const TOAST_MS = 6000;
const SEARCH_MS = 250;
const form = byId("mapping");
const company = form?.dataset.company ?? new URLSearchParams(location.search).get("company") ?? "";
const problem = byId("mapping-problem");

function anew(text) {
  sessionStorage.setItem(NEXT, text);
  location.reload();
}

async function act(button, work) {
  if (isDisabled(button)) return;
  disable(button, true);
  put(problem, "");
  try {
    await work();
  } catch (error) {
    put(problem, sentence(error));
    problem.scrollIntoView({ block: "center" });
  }
  disable(button, false);
}

// -- what was changed ---------------------------------------------------------------------------------------------------

const columnsOf = (place) => {
  const joined = place.dataset.joined;
  const beside = joined ? place.parentElement.querySelectorAll(`[data-with="${joined}"] [data-column]`) : [];
  return [...place.querySelectorAll("[data-column]"), ...beside];
};
const read = (place) => Object.fromEntries(columnsOf(place).map((field) => [field.dataset.column, field.value.trim()]));
const places = form ? [...form.querySelectorAll("[data-part], [data-text], [data-pair]")] : [];
const before = new Map(places.map((place) => [place, JSON.stringify(read(place))]));

/** A row nobody mapped yet counts as changed as soon as what it needs is there. */
function isChanged(place, now) {
  if (JSON.stringify(now) !== before.get(place)) return true;
  return Boolean(place.dataset.new && now[place.dataset.new]);
}

function changes() {
  const found = {};
  for (const place of places) {
    const now = read(place);
    const { part, text, pair } = place.dataset;
    const fresh = place.querySelector("[data-column][data-new]");
    if (!isChanged(place, now) && !(fresh && fresh.value)) continue;
    if (text) found[text] = now[text];
    else if (pair) found[pair] = now;
    else if ("typed" in place.dataset) {
      const key = place.querySelector("[data-key]").value.trim();
      if (key) (found[part] ??= {})[key] = now.id;
    } else if (part === "taxes") (found[part] ??= {})[place.dataset.name] = now.code;
    else (found[part] ??= {})[place.dataset.name] = "id" in now ? now.id : now;
  }
  return found;
}

function tell() {
  const count = Object.values(changes()).reduce((sum, one) => sum + (typeof one === "object" ? Object.keys(one).length : 1), 0);
  put(byId("unsaved"), count ? t("Not saved yet: {n}", { n: count }) : t("Nothing changed."));
}

form?.addEventListener("input", tell);
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  act(byId("save"), async () => {
    const body = { mark: form.dataset.mark, changes: changes(), company };
    const { message } = await post(`${BASE}/mapping`, body, 30000);
    anew(message);
  });
});
if (form) tell();

// -- picking ------------------------------------------------------------------------------------------------------------

const picker = byId("picker");
let target = null;
let waiting = 0;
let asked = 0;

function setPicked(pick, id, label) {
  pick.querySelector("input").value = id;
  put(pick.querySelector(".picked"), label || t("Choose …"));
  tell();
}

async function search() {
  const mine = ++asked;
  try {
    const found = await get(withQuery(`${BASE}/lists/${target.dataset.list}`, { q: byId("picker-q").value, company }));
    if (mine !== asked) return;
    const rows = found.rows.map((one) =>
      h("li", {}, h("button", { type: "button", onclick: () => (setPicked(target, one.id, one.name), picker.close()) }, one.name, h("small", {}, one.note))),
    );
    byId("picker-rows").replaceChildren(...rows);
    put(byId("picker-total"), found.total > found.rows.length ? t("{shown} of {total}; type more of the name.", { shown: found.rows.length, total: found.total }) : "");
    put(byId("picker-problem"), "");
  } catch (error) {
    put(byId("picker-problem"), sentence(error));
  }
}

byId("picker-q").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(search, SEARCH_MS);
});
byId("picker-q").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  byId("picker-rows").querySelector("button")?.click();
});
byId("picker-none").addEventListener("click", () => {
  setPicked(target, "", "");
  picker.close();
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("button[data-pick]");
  if (opener) {
    target = opener.closest(".pick");
    byId("picker-q").value = "";
    byId("picker-rows").replaceChildren();
    picker.showModal();
    search();
  }
  const take = event.target.closest("button[data-take]");
  if (take) {
    const beside = take.previousElementSibling;
    if (beside.classList.contains("pick")) setPicked(beside, take.dataset.take, take.dataset.label);
    else beside.value = take.dataset.take;
    take.remove();
    tell();
  }
});

// -- acts that are done at once -----------------------------------------------------------------------------------------

byId("reload")?.addEventListener("click", (event) => act(event.currentTarget, async () => anew((await post(`${BASE}/lists/reload`, { company }, 120000)).message)));
byId("started")?.addEventListener("click", (event) => act(event.currentTarget, async () => anew((await post(`${BASE}/items/started`, { company })).message)));
byId("starts")?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-aside]");
  if (button) act(button, async () => anew((await post(`${BASE}/items/aside`, { item: button.dataset.aside, company })).message));
});

let approving = null;
byId("new-items")?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.use) {
    act(button, async () => {
      const body = { mark: form.dataset.mark, changes: { items: { [button.dataset.code]: button.dataset.use } }, company };
      anew((await post(`${BASE}/mapping`, body, 30000)).message);
    });
    return;
  }
  const all = "approveAll" in button.dataset;
  if (!all && !button.dataset.approve) return;
  approving = { button, body: all ? { all: true, company } : { codes: [button.dataset.approve], renamed: "renamed" in button.dataset, company } };
  put(byId("sure-words"), t("They are created in the books of the company, with the accounts of their category. QuickBooks cannot delete an item, only make it inactive."));
  byId("sure").showModal();
});
byId("sure").addEventListener("close", (event) => {
  if (event.currentTarget.returnValue !== "yes" || !approving) return;
  const { button, body } = approving;
  act(button, async () => anew((await post(`${BASE}/items/approve`, body, 120000)).message));
});

const words = sessionStorage.getItem(NEXT);
if (words) {
  sessionStorage.removeItem(NEXT);
  const line = byId("toast");
  line.hidden = false;
  put(line, words);
  setTimeout(() => (line.hidden = true), TOAST_MS);
}
