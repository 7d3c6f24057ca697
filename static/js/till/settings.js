// This screen: sound, light or dark, sign out; on a phone also what the big screen has as buttons.
import { NoAnswer, Refused, post } from "./api.js";
import { openDialog } from "./dialogs.js";
import { byId, pause } from "./dom.js";
import * as sound from "./sound.js";
import { flush } from "./takenoff.js";

const THEME = "tillkeep.theme";
const TELL_MS = 800;

export function startSettings() {
  const dialog = byId("dlg-settings");
  for (const id of ["open-settings", "phone-more"]) byId(id)?.addEventListener("click", () => open(dialog));
  dialog.addEventListener("change", (event) => {
    if (event.target.name === "sound") sound.mute(event.target.value === "off");
    if (event.target.name === "sound" && event.target.value === "on") sound.added();
    if (event.target.name === "theme") chooseTheme(event.target.value);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-act]")) dialog.close("cancel");
  });
  byId("sign-out").addEventListener("click", signOut);
}

function open(dialog) {
  dialog.querySelector(`[name=sound][value=${sound.isMuted() ? "off" : "on"}]`).checked = true;
  dialog.querySelector(`[name=theme][value=${localStorage.getItem(THEME) ?? "system"}]`).checked = true;
  openDialog(dialog);
}

function chooseTheme(theme) {
  if (theme === "system") {
    localStorage.removeItem(THEME);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(THEME, theme);
    document.documentElement.dataset.theme = theme;
  }
}

async function signOut() {
  await Promise.race([flush(), pause(TELL_MS)]);
  try {
    await post("/api/sign-out");
  } catch (error) {
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
  }
  location.assign("/sign-in");
}
