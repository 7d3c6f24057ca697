// Quantities: texts with at most three decimals, counted exactly in thousandths. Money is never handled here.

const SHAPE = /^(\d{1,9})(?:\.(\d{0,3}))?$/;

/** Thousandths as BigInt, or null when the text is no quantity. */
export function thousandths(text) {
  const match = SHAPE.exec(text);
  return match ? BigInt(match[1]) * 1000n + BigInt((match[2] ?? "").padEnd(3, "0")) : null;
}

/** The shortest text of so many thousandths: 1000 is "1", 1250 is "1.25". */
export function quantityText(count) {
  const whole = count / 1000n;
  const rest = (count % 1000n).toString().padStart(3, "0").replace(/0+$/, "");
  return rest ? `${whole}.${rest}` : `${whole}`;
}

/** The sum of two quantity texts. */
export function plus(first, second) {
  return quantityText(thousandths(first) + thousandths(second));
}

/** How much the second is below the first, or "" when it is not. */
export function shortBy(first, second) {
  const [from, to] = [thousandths(first), thousandths(second)];
  return from !== null && to !== null && from > to ? quantityText(from - to) : "";
}

/** One less, or null when nothing would be left. */
export function oneLess(text) {
  const count = thousandths(text) - 1000n;
  return count > 0n ? quantityText(count) : null;
}

/** Whether the text is a quantity above nothing. */
export function isQuantity(text) {
  const count = thousandths(text);
  return count !== null && count > 0n;
}

/** The sum of many whole or weighed quantities, for "7 lines, 8 items". */
export function sumOf(texts) {
  return quantityText(texts.reduce((sum, text) => sum + (thousandths(text) ?? 0n), 0n));
}
