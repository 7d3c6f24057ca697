// Another price for a line than the shelf's: typed, agreed to by somebody who may, and shown beside the shelf's own.
import { t } from "../language.js";
import { NoAnswer, Refused } from "./api.js";
import { say } from "./a11y.js";
import { approveBasket, needsSecond } from "./approve.js";
import { askFigure } from "./dialogs.js";
import { Entry, moneyFormat } from "./entry.js";
import { isBack, nameOf, setPrice } from "./lines.js";
import { wouldCost } from "./pricing.js";
import { basketInputs, chosenLine, state } from "./state.js";

/** Ask for the price of the chosen line. Labels carry their own, and what comes back costs what was paid for it. */
export async function openPrice() {
  const line = chosenLine();
  if (!line || line.unknown || state.sending || state.view !== "sell") return;
  if (isBack(line) || line.price_source === "barcode" || line.voucher) return say(t("The price of this line is fixed."));
  const { shop } = state.session;
  const format = moneyFormat(shop);
  const priced = state.priced?.byLine.get(line.line);
  const changed = priced?.override_text;
  const answer = await askFigure({
    title: nameOf(line), what: t("New unit price"), hint: priced ? t("{price} on the shelf", { price: format(priced.list) }) : "", button: t("Set price"),
    entry: new Entry("money", shop.digits), shown: (entry) => format(entry.value() || "0"),
    other: changed ? { text: t("Back to the shelf's price"), value: "" } : null,
    check: (entry) => (entry.text === "" ? t("Type the price.") : agreed(line, entry.value())),
  });
  if (answer === null) return undefined;
  setPrice(line.line, answer);
  return say(answer ? t("{name}, price {price}", { name: nameOf(line), price: format(answer) }) : t("{name}, the shelf's price", { name: nameOf(line) }));
}

/** Asks the server what it makes of the price, and a second person where it takes one. Answers the problem, or "". */
async function agreed(line, price) {
  for (;;) {
    const inputs = basketInputs();
    inputs.lines = inputs.lines.map((one) => (one.line === line.line ? { ...one, price, price_source: "typed" } : one));
    try {
      await wouldCost(inputs);
      return "";
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      if (needsSecond(error) && (await approveBasket(error))) continue;
      return error instanceof Refused ? error.message : t("The till server does not answer. Try again.");
    }
  }
}
