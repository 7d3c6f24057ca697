// A slip for the browser's own print: opened, printed, and back to where it was asked for.
import { byId } from "./till/dom.js";

const back = byId("slip").dataset.back;

byId("print").addEventListener("click", () => window.print());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") location.assign(back.startsWith("/") && !back.startsWith("//") ? back : "/");
});
if (!sessionStorage.getItem(location.href)) {
  sessionStorage.setItem(location.href, "1"); // a reload prints nothing by itself
  window.print();
}
