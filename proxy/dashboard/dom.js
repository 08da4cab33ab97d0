// Elements without markup: everything that came from elsewhere is text and stays text.

const svgSpace = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export const element = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);

export const drawing = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(svgSpace, name), attributes, children);

// Touches the page only where it changes: a screen reader and a selection keep their place.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

// The children of `parent` become one for each of `items`, which are known by their key; `make` makes one,
// `update` is called for each.
export function keyed(parent, items, { key, make, update }) {
  const known = (parent.keyedChildren ??= new Map());
  const used = new Set();
  let place = parent.firstChild;
  for (const item of items) {
    const name = key(item);
    if (used.has(name)) continue;
    used.add(name);
    if (!known.has(name)) known.set(name, make(item));
    const node = known.get(name);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    update(node, item);
  }
  for (const [name, node] of known) {
    if (used.has(name)) continue;
    node.remove();
    known.delete(name);
  }
}
