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

/** A text that depends on a count; {n} is the count. */
export function tn(one, many, n, facts = {}) {
  const found = words[one]?.[plural[forms.select(n)]];
  return filled(found ?? (n === 1 ? one : many), { n, ...facts });
}

/** A text that means different things in different places. */
export const tp = (context, text, facts = {}) => filled(words[`${context}\u0004${text}`] ?? text, facts);

/** What was typed, with the digits and the decimal sign of other scripts as 0-9 and ".": "١٢٫٥" and "12,5" are "12.5". */
export const plain = (text) => text.replace(/[٠-٩]/g, (digit) => digit.charCodeAt(0) - 0x660).replace(/[۰-۹]/g, (digit) => digit.charCodeAt(0) - 0x6f0).replace(/[٫,]/g, ".").replace(/٬/g, "");

/** The language of this browser from now on; "" = the shop's. The page is loaded anew, the basket stays. */
export function chooseLanguage(tag) {
  document.cookie = `tillkeep_language=${tag}; path=/; max-age=${tag ? 63072000 : 0}; samesite=strict`;
  location.reload();
}

for (const choice of document.querySelectorAll("[data-language-choice]")) choice.addEventListener("change", () => chooseLanguage(choice.value));
