// Places, reasons, the company file: the site of a place goes by name and id, a password that was made is shown once.
import { refresh } from "../console/live.js";
import { byId, disable, put } from "../till/dom.js";
import { company, post, sayNow, sentence } from "./base.js";

const site = document.querySelector("[data-site]");
site?.addEventListener("change", () => {
  const { form } = site;
  form.elements.qbSiteListId.value = site.value;
  form.elements.qbSiteFullName.value = site.selectedOptions[0].dataset.name;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-ask]");
  if (!button) return;
  disable(button, true);
  try {
    await post("/api/inventory/desktop/ask", { what: button.dataset.ask, company });
    button.blur();
    await refresh("#lists");
  } catch (error) {
    sayNow(sentence(error));
    disable(button, false);
  }
});

document.addEventListener("sent", (event) => {
  const made = event.detail?.password;
  if (!made) return;
  put(byId("secret-text"), made);
  byId("secret").hidden = false;
  byId("secret").scrollIntoView({ block: "nearest" });
  byId("secret").focus();
});

byId("secret-done")?.addEventListener("click", () => {
  put(byId("secret-text"), "");
  location.assign("/inventory/places#desktop");
  location.reload();
});
