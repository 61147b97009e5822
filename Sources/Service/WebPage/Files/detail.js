// One token in detail, of each teacher: weight, delta, log-probs, rank, entropy, and what the teacher found likelier.
import { element, figure, percent, signed, visible } from "./elements.js";
import { entropy, tokenText } from "./scoring.js";
import { rankText } from "./figures.js";

const shownLikely = 8;
let asked = 0;

/** Shows a token of the runs; null for none. */
export function showDetail(runs, token) {
  const box = document.getElementById("detail");
  asked += 1;
  if (token === null || runs.length === 0) {
    const text = runs.length === 0 ? "Scored tokens are shown here in detail."
      : matchMedia("(hover: none)").matches ? "Tap a token to see it here."
      : "Point at a token, or move through the text with the arrow keys.";
    return box.replaceChildren(element("p", { class: "quiet" }, text));
  }
  const { sequence } = runs[0];
  const isSame = runs.every((run) => run.sequence.ids[token] === sequence.ids[token]);
  const names = runs.map(({ name }) => element("th", { scope: "col" }, name));
  box.replaceChildren(
    element("h2", {}, sequence.names[token]), element("p", { class: "where" }, place(sequence, token)),
    element("table", { class: runs.length === 1 ? "one" : null },
      runs.length > 1 ? element("thead", {}, element("tr", {}, element("td", {}), names)) : null,
      element("tbody", {}, rows(runs, token))),
    ...(isSame ? runs.flatMap((run) => likely(run, token, runs.length > 1, asked)) : []));
}

function place(sequence, token) {
  const document = sequence.starts.findLastIndex((start) => start <= token);
  const within = token - sequence.starts[document];
  const [from, to] = sequence.documents[document].spans[within];
  const of = sequence.documents.length > 1 ? `Document ${document + 1}, token ${within}` : `Token ${token}`;
  const where = to > from ? `, ${to - from === 1 ? `byte ${from}` : `bytes ${from} to ${to - 1}`}` : "";
  return `${of}${where}, id ${sequence.ids[token]}`;
}

function rows(runs, token) {
  const row = (name, cell) => element("tr", {}, element("th", { scope: "row" }, name), runs.map((run) => element("td", {}, cell(run))));
  const hasDelta = runs.some(({ weighed }) => weighed && weighed.delta[token] !== null);
  return [
    row("weight", (run) => weightCell(run, token)),
    hasDelta ? row("delta", ({ weighed }) => signed(weighed.delta[token], 3)) : null,
    hasDelta && runs.some(({ weighed }) => weighed.means.length > 0)
      ? row("less its mean", ({ weighed }) => signed(weighed.centred[token], 3)) : null,
    row("teacher log-prob", ({ sequence }) => logProb(sequence.teacher[token])),
    row("student log-prob", ({ student }) => logProb(student?.[token] ?? null)),
    row("rank", (run) => run.likely ? rankText(run.likely[token], run.sequence.ids[token]) : "–"),
    row("entropy", ({ likely }) => likely?.[token] ? [figure(entropy(likely[token])), element("small", {}, "nats, at least")] : "–"),
  ];
}

function weightCell({ weighed, sequence }, token) {
  const isScored = weighed ? weighed.scored[token] : !sequence.starts.includes(token);
  if (!isScored) return "not scored";
  if (weighed === null) return "–";
  const [raw, weight] = [weighed.raw[token], weighed.weights[token]];
  const isClipped = Math.abs(raw - weight) > 1e-6;
  return [element("b", {}, figure(weight, 3)), isClipped ? element("small", {}, `${figure(raw, 3)} before the clip`) : null];
}

function logProb(value) {
  return value === null ? "–" : [figure(value, 3), element("small", {}, percent(value))];
}

/** The likeliest tokens in place of this one; their texts come as they are known. */
function likely({ name, likely: found, refusal, sequence }, token, isNamed, when) {
  const title = element("h3", {}, isNamed ? `Likeliest by ${name}` : "Likeliest here");
  if (refusal) return [title, element("p", { class: "hint" }, refusal + ".")];
  if (found === null) return [];
  const row = found[token];
  if (row === null) return [title, element("p", { class: "hint" }, "The first token of a document follows nothing.")];
  const list = element("ol", { class: "likely" }, row.ids.slice(0, shownLikely).map((id, at) => {
    const what = element("span", { class: "what" }, id === sequence.ids[token] ? sequence.names[token] : `id ${id}`);
    // A pointer that only passes by asks for nothing.
    setTimeout(() => {
      if (when === asked) tokenText(id, name).then((text) => { what.textContent = visible(text); }, () => {});
    }, 60);
    return element("li", { class: id === sequence.ids[token] ? "real" : null },
      element("span", { class: "share", style: { width: `${100 * Math.exp(row.logProbs[at])}%` } }),
      element("span", { class: "place" }, String(at + 1)), what, element("span", { class: "chance" }, percent(row.logProbs[at])));
  }));
  return [title, list];
}
