// Signing in at the console: code and password.
import { t } from "../language.js";
import { NoAnswer, Refused, get, post, setToken, whenStale } from "../till/api.js";
import { byId, disable, isDisabled, put } from "../till/dom.js";

setToken(document.querySelector('meta[name="csrf"]').content);
whenStale(async () => (await get("/api/console/session")).csrf);

byId("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isDisabled(byId("go"))) return;
  disable(byId("go"), true);
  put(byId("say"), "");
  try {
    await post("/api/console/sign-in", { code: byId("code").value.trim(), password: byId("password").value }, 20000);
    location.replace(location.pathname + location.search); // which leads on to where this person may go
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("say"), error instanceof NoAnswer ? t("The till server does not answer. Try again in a moment.") : error.message);
    byId("password").value = "";
    byId("password").focus();
    disable(byId("go"), false);
  }
});
