// The menu of who is signed in, on the console and on the screens of stock: light or dark, closing; and the sentence they
// say when a request fails.
import { t } from "./language.js";
import { NoAnswer, Refused } from "./till/api.js";
import { byId } from "./till/dom.js";

/** The sentence behind an error of a request; anything else is thrown on. */
export function sentence(error) {
  if (error instanceof Refused) return error.message;
  if (error instanceof NoAnswer) return t("The till server does not answer. Try again.");
  throw error;
}

const theme = byId("theme");
if (theme) {
  theme.value = document.documentElement.dataset.theme ?? "";
  theme.addEventListener("change", () => {
    if (theme.value) {
      localStorage.setItem("tillkeep.theme", theme.value);
      document.documentElement.dataset.theme = theme.value;
    } else {
      localStorage.removeItem("tillkeep.theme");
      delete document.documentElement.dataset.theme;
    }
  });
}

const menu = document.querySelector(".who-menu");
document.addEventListener("click", (event) => menu && !menu.contains(event.target) && (menu.open = false));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
