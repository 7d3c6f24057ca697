// A list with filters: what is chosen from a list counts at once; words typed wait for the button.
import { byId } from "../till/dom.js";

document.addEventListener("change", (event) => {
  if (event.target.matches("#filters select, #filters input[type=date]")) byId("filters").requestSubmit();
});
