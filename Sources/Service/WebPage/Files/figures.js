// The numbers of a run: what is counted over its tokens, every token in a table, what the colours mean.
import { count, element, figure, signed } from "./elements.js";
import { rank } from "./scoring.js";
import { table } from "./tables.js";

/** What is counted over the tokens, as entries of a list. */
export function figures(weighed, { weighting }) {
  const entry = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
  if (weighed === null) {
    return [element("div", {}, element("dt", {}, "no weights"), element("dd", { class: "hint" },
      "This method needs a student: open its log-probs, or start the server with --base."))];
  }
  const { scoredTokens, meanWeight, clippedLow, clippedHigh } = weighed.statistics;
  const entries = [entry("scored tokens", count(scoredTokens)), entry("mean weight", figure(meanWeight, 3))];
  if (weighed.means.length > 0) {
    const known = weighed.delta.filter((delta) => delta !== null);
    entries.push(entry("mean delta", known.length === 0 ? "–" : signed(known.reduce((sum, delta) => sum + delta, 0) / known.length)));
  }
  if (weighting.startsWith("remit")) entries.push(entry("clipped low", count(clippedLow)), entry("clipped high", count(clippedHigh)));
  if (weighting === "rho1") entries.push(entry("kept", count(weighed.weights.filter((weight) => weight === 1).length)));
  return entries;
}

/** Every token with its numbers, as a table. */
export function tokenTable({ sequence, weighed, student, likely }) {
  const rows = sequence.ids.map((id, token) => {
    const delta = weighed?.delta[token] ?? null;
    return [
      String(token), sequence.names[token], weighed?.scored[token] ? figure(weighed.weights[token], 3) : "–",
      delta === null ? "–" : signed(delta, 3), figure(sequence.teacher[token], 3), figure(student?.[token], 3),
      rankText(likely?.[token] ?? null, id),
    ];
  });
  return table(["#", "Token", "Weight", "Delta", "Teacher", "Student", "Rank"], rows,
    { numbers: [0, 2, 3, 4, 5, 6], attributes: (token) => ({ "data-token": token }) });
}

/** A rank as text: a number, or more than the number of tokens looked at. */
export function rankText(row, id) {
  if (row === null) return "–";
  const place = rank(row, id);
  return place === null ? `> ${row.ids.length}` : String(place);
}

/** What the colours mean. */
export function legend(weighed, { weighting, colour }) {
  if (weighed === null || weighting === "ntp") return [];
  const entry = (kind, text) => element("span", {}, element("i", { class: kind }), text);
  const unscored = entry("unscored", "not scored");
  if (colour === "delta") return [entry("low", "delta below its mean"), entry("high", "delta above its mean"), unscored];
  if (weighting === "rho1") return [entry("low", "dropped, weight 0"), entry("plain", "kept, weight 1"), unscored];
  const clipped = colour === "weight" ? [entry("low clipped", "clipped low"), entry("high clipped", "clipped high")] : [];
  return [entry("low", "below 1"), entry("high", "above 1"), ...clipped, unscored];
}
