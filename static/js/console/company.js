// One company: its forms are those of people.js; the line to its books is tested by a real call.
import { post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { refresh, sentence } from "./frame.js";
import "./people.js";

const ANSWER_MILLISECONDS = 60000;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("#books button[data-test]");
  if (!button || isDisabled(button)) return;
  const said = byId("books-said");
  disable(button, true);
  put(byId("books-problem"), "");
  said.hidden = true;
  try {
    const found = await post(button.dataset.test, {}, ANSWER_MILLISECONDS);
    await refresh();
    put(said, [found.words, found.remedy].filter(Boolean).join(" "));
    said.classList.toggle("is-needs", !found.there);
    said.hidden = false;
  } catch (error) {
    put(byId("books-problem"), sentence(error));
  }
  disable(button, false);
});
