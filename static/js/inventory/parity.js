// What stands out against the books: a difference is dismissed with a reason; what was proposed, and what was left out and why.
import { listed, t } from "../language.js";
import { byId, h, put } from "../till/dom.js";

const card = byId("dismiss");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  if (!button || !card) return;
  const { elements } = card.querySelector("form");
  for (const name of ["item", "field", "location"]) elements.namedItem(name).value = button.dataset[name];
  put(byId("dismissed-what"), listed([button.dataset.item, button.dataset.location].filter(Boolean)));
  card.hidden = false;
  card.scrollIntoView({ block: "nearest" });
  elements.reason.focus();
});

byId("dismiss-not")?.addEventListener("click", () => (card.hidden = true));

byId("propose")?.addEventListener("sent", (event) => {
  const { requests, left, leftCount } = event.detail;
  put(byId("proposed-words"), t("{n} asked for, {m} left out.", { n: requests.length, m: leftCount }));
  byId("left").replaceChildren(...left.map((one) => h("li", {}, h("b", {}, h("bdi", {}, listed([one.item, one.location].filter(Boolean)))), h("div", { dir: "auto" }, one.why))));
  byId("proposed").hidden = false;
  byId("proposed").focus();
});
