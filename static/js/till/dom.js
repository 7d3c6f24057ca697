// The few things every module does with the document. Text goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** An element with attributes (null and false are left out) and children (texts, elements, arrays; null is left out). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** One of the line icons of _icons.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Set a text only when it changed, so that live regions and layout stay calm. */
export function put(element, text) {
  const wanted = text ?? "";
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** A figure that keeps its order of digits in right-to-left texts. */
export const figure = (text) => h("bdi", {}, text);

export function disable(button, on) {
  button.setAttribute("aria-disabled", on ? "true" : "false");
}

export const isDisabled = (button) => button.getAttribute("aria-disabled") === "true";

/** Whether typed characters would land in this element by themselves. */
export function isTextField(element) {
  if (!element || element.readOnly || element.disabled) return false;
  if (element.tagName === "TEXTAREA") return true;
  if (element.tagName !== "INPUT") return false;
  return ["text", "search", "password", "tel", "email", "number", "url"].includes(element.type);
}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
