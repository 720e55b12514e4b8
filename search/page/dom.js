// Elements out of plain values. Text only ever becomes text nodes: nothing an article holds is read as HTML.

/** An element; a property that is null, undefined or false is left out, one that starts with "on" is a listener. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false).map(straight));
  return node;
}

/** Text without the characters that would show it in another order than it is written in. */
export const straight = (child) => (typeof child === "string" ? child.replace(/[\u202a-\u202e\u2066-\u2069]/g, "") : child);

/** The same for SVG, whose size and place are attributes and so need no inline style. */
export function svg(tag, properties = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The address of an original, or null: only http and https lead out of this page. */
export function outside(url) {
  try {
    const { protocol, href } = new URL(url);
    return protocol === "http:" || protocol === "https:" ? href : null;
  } catch {
    return null;
  }
}

/** Say something to a screen reader. Cleared first, so that the same words are said again. */
export function say(words) {
  const place = document.getElementById("said");
  place.textContent = "";
  requestAnimationFrame(() => {
    place.textContent = words;
  });
}
