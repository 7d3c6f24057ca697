// Begin a count of a place, or go on with one.
import { t } from "../language.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import { uuid7 } from "../till/uuid.js";
import { NoAnswer, Refused, company, post, sentence, withQuery } from "./base.js";

const place = byId("location");
const begun = uuid7(); // of the count this page begins: a second click begins no second one

place.addEventListener("change", () => location.assign(withQuery("/inventory/counts", { location: place.value })));
byId("group").addEventListener("change", () => {
  document.querySelector("[name=scope][value=group]").checked = true;
});

byId("begin").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isDisabled(byId("go"))) return;
  put(byId("work-problem"), "");
  if (!place.value) return put(byId("work-problem"), t("Say at which place."));
  disable(byId("go"), true);
  const scope = document.querySelector("[name=scope]:checked").value;
  const body = { id: begun, company, location: place.value, scope, title: byId("title").value.trim(), ...(scope === "group" ? { group: byId("group").value } : {}) };
  try {
    const { count, of } = await post("/api/inventory/counts", body, 20000);
    return location.assign(withQuery(`/inventory/counts/${encodeURIComponent(count.id)}`, { of: of > count.items ? of : "" }));
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    disable(byId("go"), false);
    return put(byId("work-problem"), sentence(error));
  }
});
