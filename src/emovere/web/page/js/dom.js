// Elements made of parts. Text always goes in as text, never as HTML, whoever wrote it.

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "src", "muted", "tabIndex"]);

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) made.style.setProperty(name, value);
    else if (PROPERTIES.has(name) && made.namespaceURI !== SVG) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  const kept = children.flat().filter((child) => child !== null && child !== undefined && child !== false);
  made.append(...kept);
  return made;
}

/** An HTML element. attributes: `class`, `onclick`, `--share` (a CSS property), anything else as an attribute. */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export const byId = (id) => document.getElementById(id);

export const icon = (name) => make("span", { class: `icon icon-${name}` });

/** A button with an icon before its words. */
export function button(text, { icon: name, kind = "", ...attributes } = {}) {
  return make("button", { type: "button", class: `button ${kind}`.trim(), ...attributes }, name && icon(name), text);
}

/** Something went wrong, in words: what, why and what to do. */
export function trouble(problem, ...actions) {
  return make(
    "div",
    { class: "trouble", role: "alert" },
    icon("warning"),
    make("div", {}, make("strong", {}, problem.title), make("p", {}, problem.detail)),
    make("div", { class: "row" }, actions),
  );
}

/** A picture of an expression; its name stands beside it, so it has none of its own. */
export function symbol(label) {
  return make("img", { class: "symbol", src: `/page/icons/faces/${label}.svg`, alt: "" });
}

/** Draws again whenever the width changes. draw: called with the width in pixels. */
export function whenWide(element, redraw) {
  let last = 0;
  const observer = new ResizeObserver(() => {
    const width = Math.round(element.clientWidth);
    if (width && width !== last) redraw((last = width));
  });
  observer.observe(element);
}
