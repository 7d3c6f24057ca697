// The words of the page in the reader's language. English is the source: the text itself is its key, and the fallback.
//   t("Void this sale")   t("{count} waiting", { count: 3 })   tn("{n} item", "{n} items", 3)   tp("receipt", "Sale")
const { words, plural } = await catalogue();
const forms = new Intl.PluralRules(document.documentElement.lang || "en");

async function catalogue() {
  const address = document.documentElement.dataset.words;
  try {
    if (address) return await (await fetch(address)).json();
  } catch {
    // The server went away between the page and its words: English is better than no page.
  }
  return { words: {}, plural: {} };
}

const filled = (pattern, facts) => pattern.replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? `${facts[name]}` : whole));

/** A text, its {names} filled from the facts. */
export const t = (text, facts = {}) => filled(words[text] ?? text, facts);

/** As `t`, with elements among the facts: the pieces in their order, for `replaceChildren(...tx(…))`. */
export const tx = (text, facts) => (words[text] ?? text).split(/\{(\w+)\}/).map((piece, at) => (at % 2 ? facts[piece] : piece)).filter((piece) => piece !== "");

/** Marks a text that is kept in English and shown by `t` later. */
export const mark = (text) => text;

/** A text that depends on a count; {n} is the count. */
export function tn(one, many, n, facts = {}) {
  const found = words[one]?.[plural[forms.select(n)]];
  return filled(found ?? (n === 1 ? one : many), { n, ...facts });
}

/** A text that means different things in different places. */
export const tp = (context, text, facts = {}) => filled(words[`${context}\u0004${text}`] ?? text, facts);

/** Texts side by side, with the comma of the language between. */
export const listed = (texts) => texts.join(tp("list", ", "));

/** What was typed, with the digits of Arabic, Persian and Indian keyboards as 0-9, and their decimal sign as ".". */
export const plain = (text) => text.replace(/[٠-٩۰-۹०-९]/g, (digit) => `${digit.charCodeAt(0) - ZEROS.findLast((zero) => zero <= digit).charCodeAt(0)}`).replaceAll("٫", ".");
const ZEROS = ["٠", "۰", "०"];

/** The language of this browser from now on; "" = the shop's. The page is loaded anew, the basket stays. */
export function chooseLanguage(tag) {
  document.cookie = `tillkeep_language=${tag}; path=/; max-age=${tag ? 63072000 : 0}; samesite=strict`;
  location.reload();
}

for (const choice of document.querySelectorAll("[data-language-choice]")) choice.addEventListener("change", () => chooseLanguage(choice.value));
