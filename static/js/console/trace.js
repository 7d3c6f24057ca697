// Trace: whoever opens it can scan at once, the answer stays live.
import { byId } from "../till/dom.js";
import "./frame.js";

const field = byId("lookup");
if (!document.querySelector("#way")) {
  field.focus();
  field.select();
}
// A scanner types fast and ends with Enter: wherever the page is, its code goes into the field.
let typed = "";
let last = 0;
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.timeStamp - last > 60) typed = "";
  last = event.timeStamp;
  if (event.key === "Enter" && typed.length > 3) {
    event.preventDefault();
    field.value = typed;
    field.form.requestSubmit();
  } else if (event.key.length === 1) typed += event.key;
});
