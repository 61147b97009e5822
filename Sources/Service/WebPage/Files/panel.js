// One teacher's view of the text: figures, the distribution of weights, the tokens in colour or as a table.
import { element, figure, signed, visible } from "./elements.js";
import { figures, legend, tokenTable } from "./figures.js";
import { histogram } from "./histogram.js";
import { neighbour } from "./moving.js";
import { scrolling } from "./tables.js";

/** How far a token's colour is from plain, -1 to 1. */
function strength(weighed, token, { colour, weighting, epsilon }) {
  if (colour === "delta") return clamp((weighed.centred[token] ?? 0) / 4);
  if (colour === "raw") return clamp(weighed.raw[token] - 1);
  const scale = weighting.startsWith("remit") ? epsilon : 1;
  return scale === 0 ? 0 : clamp((weighed.weights[token] - 1) / scale);
}

function clamp(value) { return Math.max(-1, Math.min(1, value)); }

/** What one teacher makes of the text. `root` is its element, `tokens` those of the tokens. */
export class Panel {
  /** `hears` has onPoint(token), onLeave(), onPin(token). */
  constructor(run, hears) {
    this.run = run;
    this.tokens = new Array(run.sequence.ids.length);
    this.figures = element("dl", { class: "figures" });
    this.chart = element("div");
    this.legend = element("p", { class: "key" });
    this.text = this.#text(run.sequence);
    this.table = scrolling(`Tokens and weights, ${run.name}`, []);
    this.table.classList.add("table-of-tokens", "card");
    this.root = element("section", { class: "panel", "aria-label": `Teacher ${run.name}` },
      element("h2", {}, run.name), this.figures, this.chart, element("div", { class: "card" }, this.text), this.table, this.legend);
    this.marked = null;
    this.stop = 0;
    this.#listen(hears);
  }

  #text(sequence) {
    const name = `Tokens by weight, ${this.run.name}`;
    const root = element("div", { class: "tokens", role: "listbox", "aria-label": name, "aria-orientation": "horizontal" });
    sequence.documents.forEach(({ pieces }, index) => {
      const start = sequence.starts[index];
      root.append(element("div", { class: "document", role: "group", "aria-label": `Document ${index + 1}` },
        pieces.map((piece) => this.#piece({ ...piece, tokens: piece.tokens.map((token) => start + token) }))));
    });
    this.tokens[0]?.setAttribute("tabindex", "0");
    return root;
  }

  #piece({ text, tokens }) {
    if (tokens.length === 0) return element("span", { class: "quiet", role: "presentation" }, lines(text));
    if (tokens.length === 1) {
      const isSpecial = text === "";
      return this.#token(tokens[0], isSpecial ? [this.run.sequence.tokens[tokens[0]]] : lines(text));
    }
    return element("span", { class: "cluster", role: "presentation", style: { "--number": tokens.length } },
      element("span", { class: "bands", role: "presentation" }, tokens.map((token) => this.#token(token, []))),
      element("span", { class: "whole", "aria-hidden": "true" }, visible(text).replaceAll("␣", " ")));
  }

  #token(index, children) {
    return this.tokens[index] = element(
      "span", { class: "token", role: "option", tabindex: "-1", "data-token": index, "aria-selected": "false" }, children);
  }

  #listen({ onPoint, onLeave, onPin }) {
    const tokenOf = (event) => {
      const found = event.target.closest("[data-token]");
      return found ? Number(found.dataset.token) : null;
    };
    this.root.addEventListener("pointerover", (event) => {
      const token = tokenOf(event);
      if (token !== null && event.pointerType !== "touch") onPoint(token);
    });
    this.text.addEventListener("pointerleave", () => onLeave());
    this.root.addEventListener("click", (event) => {
      const token = tokenOf(event);
      if (token !== null) this.#pin(token, onPin);
    });
    this.text.addEventListener("focusin", (event) => {
      const token = tokenOf(event);
      if (token !== null) this.#pin(token, onPin);
    });
    this.text.addEventListener("keydown", (event) => {
      const token = tokenOf(event);
      const next = token === null ? null : neighbour(this.tokens, token, event.key);
      if (next === null) return;
      event.preventDefault();
      this.tokens[next].focus();
    });
  }

  /** Keeps a token shown, and in view above what lies over the bottom. */
  #pin(token, onPin) {
    onPin(token);
    if (!this.text.parentElement.hidden) this.tokens[token].scrollIntoView({ block: "nearest" });
  }

  /** Says whether the teacher's distributions are still to come. */
  await(isAwaited) { this.root.setAttribute("aria-busy", String(isAwaited)); }

  /** Shows the run's weights, by colour or as a table. */
  update(run, options, isTable) {
    this.run = run;
    const { weighed } = run;
    this.figures.replaceChildren(...figures(weighed, options));
    const hasChart = weighed !== null && options.weighting.startsWith("remit");
    this.chart.replaceChildren(...(hasChart ? [histogram(weighed, options)] : []));
    this.text.parentElement.hidden = isTable;
    this.table.hidden = !isTable;
    this.tokens.forEach((node, token) => this.#colour(node, token, options));
    this.legend.replaceChildren(...(isTable ? [] : legend(weighed, options)));
    this.table.replaceChildren(...(isTable ? [tokenTable(run)] : []));
  }

  #colour(node, token, options) {
    const { weighed, sequence } = this.run;
    const isScored = weighed ? weighed.scored[token] : !sequence.starts.includes(token);
    const value = weighed && isScored ? strength(weighed, token, options) : 0;
    const isClipped = weighed && isScored && options.colour === "weight"
      && Math.abs(weighed.raw[token] - weighed.weights[token]) > 1e-6;
    node.classList.toggle("high", value > 0);
    node.classList.toggle("low", value < 0);
    node.classList.toggle("clipped", Boolean(isClipped));
    node.classList.toggle("unscored", !isScored);
    node.style.setProperty("--strength", Math.abs(value).toFixed(3));
    const said = !isScored ? "not scored" : weighed === null ? `teacher ${figure(sequence.teacher[token])}`
      : `weight ${figure(weighed.weights[token])}` + (weighed.delta[token] === null ? "" : `, delta ${signed(weighed.delta[token])}`);
    node.setAttribute("aria-label", `“${sequence.names[token]}”, ${said}`);
  }

  /** Shows which token is looked at; null for none. */
  mark(token) {
    if (this.marked !== null) {
      this.tokens[this.marked].classList.remove("shown");
      this.tokens[this.marked].setAttribute("aria-selected", "false");
    }
    this.marked = token !== null && token < this.tokens.length ? token : null;
    if (this.marked === null) return;
    this.tokens[this.stop].setAttribute("tabindex", "-1");
    this.stop = this.marked;
    this.tokens[this.marked].classList.add("shown");
    this.tokens[this.marked].setAttribute("aria-selected", "true");
    this.tokens[this.marked].setAttribute("tabindex", "0");
  }
}

/** Text whose newlines can be seen. */
function lines(text) {
  return text.split("\n").flatMap((line, index) =>
    index === 0 ? [line] : [element("span", { class: "newline", "aria-hidden": "true" }, "↵"), "\n", line]);
}
