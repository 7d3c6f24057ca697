// The list of purchase orders: one of which no more will come is closed, after a second press.
import { t } from "../language.js";
import { byId, put } from "../till/dom.js";
import { NoAnswer, Refused, post, sentence } from "./base.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-close]");
  if (!button) return;
  if (button.dataset.sure !== "yes") {
    button.dataset.sure = "yes";
    put(button, t("Really? Press again"));
    return;
  }
  try {
    await post(`/api/inventory/orders/${encodeURIComponent(button.dataset.close)}/close`);
    location.reload();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("work-problem"), sentence(error));
  }
});
