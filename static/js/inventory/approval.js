// A request for a change of stock: agree, refuse or withdraw it. A second click changes nothing.
import { byId, disable, put } from "../till/dom.js";
import { hold } from "../console/live.js";
import { Refused, post, sentence } from "./base.js";

const at = `/api/inventory/approvals/${encodeURIComponent(byId("approval").dataset.id)}`;

document.addEventListener("submit", async (event) => {
  if (event.target.id !== "decide") return undefined;
  event.preventDefault();
  const buttons = event.target.querySelectorAll("button");
  const [act, note] = [event.submitter?.value ?? "", event.target.elements.note?.value ?? ""];
  if (!act) return undefined;
  const release = hold();
  for (const button of buttons) disable(button, true);
  put(byId("decide-problem"), "");
  try {
    await post(`${at}/${act}`, { note }, 20000);
    location.reload();
  } catch (error) {
    if (error instanceof Refused && ["failed", "decided"].includes(error.code)) return location.reload(); // the page says what became of it
    put(byId("decide-problem"), sentence(error));
    for (const button of buttons) disable(button, false);
  }
  release();
  return undefined;
});
