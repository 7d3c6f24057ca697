// What is chosen on a sheet besides its lines, and what is there at the chosen place.
import { NoAnswer, Refused, company, post } from "./base.js";

/** Fields of the page that are kept with the sheet, by name. */
export function choices(sheet, fields, locked = () => false) {
  for (const [name, field] of Object.entries(fields)) {
    field.addEventListener(field.tagName === "SELECT" ? "change" : "input", () => !locked() && sheet.set(name, field.value));
  }
  const paint = () => {
    for (const [name, field] of Object.entries(fields)) {
      const value = sheet.fields[name] ?? "";
      if (field.value !== value) field.value = value;
      if (field.tagName === "SELECT" && field.value !== value) field.value = ""; // a place that is not there any more
      field.disabled = locked();
    }
  };
  sheet.whenChanged(paint);
  paint();
}

/** Keep what the lines say of the place: asked for anew when another one is chosen, and when the page begins. */
export function levels(sheet, place) {
  let shown = null;
  const look = async () => {
    const here = place();
    if (here === shown || !sheet.lines.length) return;
    shown = here;
    const items = sheet.lines.filter((one) => !one.unknown).map((one) => one.sku);
    try {
      const { levels: there } = await post("/api/inventory/levels", { company, location: here, items });
      for (const one of sheet.lines) Object.assign(one, there[one.sku] ?? {});
      sheet.keep();
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      shown = null; // another look comes with the next change
    }
  };
  sheet.whenChanged(look);
  look();
}
