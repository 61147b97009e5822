// Tables, as every view has them.
import { element } from "./elements.js";

/**
 * A table of `rows`, lists of cells. `numbers` are the columns whose cells stand to the right; `attributes` gives those of a row by its
 * index.
 */
export function table(heads, rows, { numbers = [], attributes = () => ({}) } = {}) {
  const kind = (column) => numbers.includes(column) ? "number" : null;
  const head = (text, column) => element("th", { scope: "col", class: kind(column) }, text);
  const cell = (content, column) => element("td", { class: kind(column) }, content);
  return element("table", {},
    element("thead", {}, element("tr", {}, heads.map(head))),
    element("tbody", {}, rows.map((cells, row) => element("tr", attributes(row), cells.map(cell)))));
}

/** A table that scrolls by itself where it is too wide, with the keyboard too. */
export function scrolling(name, content) {
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, content);
}
