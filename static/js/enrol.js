// Enrolling a device: the one-time code of the till's own machine becomes this browser's key.
import { t } from "./language.js";
import { NoAnswer, Refused, get, post, setToken } from "./till/api.js";
import { byId, put } from "./till/dom.js";

byId("enrol").addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = byId("code").value.trim();
  if (!code) return;
  try {
    setToken((await get("/api/session")).csrf);
    await post("/api/enrol", { code });
    location.replace("/sign-in");
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    put(byId("say"), error instanceof NoAnswer ? t("The till server does not answer. Try again in a moment.") : error.message);
    byId("code").select();
  }
});
