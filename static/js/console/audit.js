// The audit: filter it, and have its chain verified.
import { t } from "../language.js";
import { post } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";
import "./filters.js";
import { sentence } from "./frame.js";

byId("verify").addEventListener("click", async () => {
  const [button, said] = [byId("verify"), byId("verify-said")];
  if (isDisabled(button)) return;
  disable(button, true);
  put(byId("verify-problem"), "");
  put(said, t("Reading every row…"));
  said.className = "verdict";
  try {
    const found = await post("/api/console/audit/verify", {}, 120000);
    put(found.whole ? said : byId("verify-problem"), found.words);
    if (found.whole) said.className = "verdict is-whole";
    else put(said, "");
  } catch (error) {
    put(said, "");
    put(byId("verify-problem"), sentence(error));
  }
  disable(button, false);
});
