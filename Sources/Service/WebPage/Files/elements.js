// Making elements. Text is text, never markup; style goes through properties, which the policy of the page allows.

/** An element with attributes and children: strings, elements, null. `style` is an object of properties, `on...` a listener. */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same, of SVG. */
export function drawn(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") for (const [key, set] of Object.entries(value)) node.style.setProperty(key, set);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

/** A number for people, with so many places after the point and a true minus; what rounds to nothing has no sign. */
export function figure(value, places = 2) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return value.toFixed(places).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
}

/** With its sign. */
export function signed(value, places = 2) {
  const text = figure(value, places);
  return value > 0 && /[1-9]/.test(text) ? "+" + text : text;
}

/** A probability in per cent, small ones too. */
export function percent(logProb) {
  const share = 100 * Math.exp(logProb);
  if (share >= 10) return share.toFixed(1) + " %";
  return share >= 0.01 ? share.toFixed(2) + " %" : "< 0.01 %";
}

/** A count with thin gaps between thousands. */
export function count(value) {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** Bytes in the unit that suits. */
export function bytes(value) {
  for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
    if (value >= size) return (value / size).toFixed(1) + " " + unit;
  }
  return value + " bytes";
}

/** A token's text with its blanks made visible; empty ones have a name. */
export function visible(text) {
  if (text === "") return "∅";
  return text.replaceAll(" ", "␣").replaceAll("\n", "↵").replaceAll("\t", "⇥").replaceAll("\r", "␍");
}
