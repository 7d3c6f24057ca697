// A box to choose one of many from: what is typed is searched for on the server, arrows and Enter choose, Escape leaves.
// The value is data-id of the box; the words shown beside it are never sent.
import { company, get } from "./frame.js";
import { h, put } from "../till/dom.js";
import { t, tn } from "../language.js";
import { sentence } from "../who-menu.js";
import { withQuery } from "../till/api.js";

const WAIT_MS = 180;
let count = 0;

/** Make a box of an element <div data-combo="items" data-id="" data-of=""><input></div>. */
export function combobox(box) {
  const input = box.querySelector("input");
  const list = h("ul", { id: `choices-${(count += 1)}`, role: "listbox", class: "choices", hidden: true, "aria-label": input.getAttribute("aria-label") ?? input.labels?.[0]?.textContent ?? t("Choices") });
  const told = h("span", { class: "sr", role: "status" });
  box.append(list, told);
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", list.id], ["aria-autocomplete", "list"], ["autocomplete", "off"], ["spellcheck", "false"]]) input.setAttribute(name, value);
  let shown = input.value; // the words of what is chosen
  let found = [];
  let at = -1;
  let asked = 0;
  let timer = 0;

  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (next) => {
    at = next;
    for (const [n, option] of [...list.children].entries()) option.setAttribute("aria-selected", n === at ? "true" : "false");
    const option = list.children[at];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.scrollIntoView({ block: "nearest" });
    return input.setAttribute("aria-activedescendant", option.id);
  };
  const take = (one) => {
    clearTimeout(timer);
    asked += 1;
    const other = box.dataset.id !== one.id;
    box.dataset.id = one.id;
    input.value = shown = one.name;
    close();
    if (other) box.dispatchEvent(new CustomEvent("chosen", { bubbles: true, detail: one }));
  };
  const paint = () => {
    list.replaceChildren(...found.map((one, n) => h("li", { id: `${list.id}-${n}`, role: "option", "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); take(one); } }, h("span", { dir: "auto" }, one.name), one.hint ? h("small", { dir: "auto" }, one.hint) : null)));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", found.length ? "true" : "false");
    put(told, found.length ? tn("{n} choice", "{n} choices", found.length) : t("Nothing is called so."));
    mark(found.length && input.value.trim() && input.value !== shown ? 0 : -1);
    if (found.length) list.scrollIntoView({ block: "nearest" });
  };
  const search = async () => {
    const mine = (asked += 1);
    try {
      const answer = await get(withQuery(`/api/conductor/choices/${box.dataset.combo}`, { q: input.value === shown ? "" : input.value.trim(), of: box.dataset.of ?? "", company }));
      if (mine !== asked) return;
      found = answer.choices;
      paint();
    } catch (error) {
      if (mine === asked) put(told, sentence(error));
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT_MS);
  };

  const problem = box.parentElement.querySelector("[data-wrong], [data-line-wrong]");
  /** Somebody typed a name and went on without choosing: the one that is called so is meant, nothing else is guessed. */
  const meant = async (typed) => {
    const mine = asked;
    let same = [];
    try {
      const answer = await get(withQuery(`/api/conductor/choices/${box.dataset.combo}`, { q: typed, of: box.dataset.of ?? "", company }));
      same = answer.choices.filter((one) => one.name.toLowerCase() === typed.toLowerCase());
    } catch {
      // without an answer nothing is chosen, and that is told
    }
    if (mine !== asked || document.activeElement === input) return;
    if (same.length === 1) take(same[0]);
    else if (problem) put(problem, t("“{typed}” was not taken: choose one of the list.", { typed }));
  };

  input.addEventListener("input", () => {
    if (problem) put(problem, "");
    soon();
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => list.hidden && search());
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    asked += 1;
    close();
    if (!input.value.trim()) return box.dataset.id ? take({ id: "", name: "" }) : undefined;
    const typed = input.value.trim();
    input.value = shown; // what is not chosen is not there
    return typed === shown ? undefined : meant(typed);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) search();
      else mark((at + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault(); // Enter in a box never sends the form
      if (!list.hidden && at >= 0) take(found[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      input.value = shown;
      close();
    }
  });
  box.put = (id, name) => {
    box.dataset.id = id;
    input.value = shown = name;
  };
}
