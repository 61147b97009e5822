// How the weights of a text are spread, before the clip, with the clip's bounds.
import { drawn, figure } from "./elements.js";

const bins = 40;

/** A chart of the weights before the clip, 0 to 2. */
export function histogram(weighed, { epsilon }) {
  const counts = new Array(bins).fill(0);
  weighed.raw.forEach((weight, token) => {
    if (weighed.scored[token]) counts[Math.min(bins - 1, Math.floor(weight / 2 * bins))] += 1;
  });
  const most = Math.max(1, ...counts);
  const [top, base] = [4, 54];
  const bars = counts.map((number, bin) => {
    const height = number === 0 ? 0 : Math.max(1.5, (base - top) * number / most);
    const middle = (bin + 0.5) / bins * 2;
    return number === 0 ? null : drawn("rect", {
      class: middle > 1 ? "high" : "low", x: `${bin / bins * 100}%`, y: base - height, width: `${92 / bins}%`, height, rx: 1.5,
    }, drawn("title", {}, `${number} of weight ${figure(bin / bins * 2)} to ${figure((bin + 1) / bins * 2)}`));
  });
  const place = (weight) => `${weight * 50}%`;
  const bounds = epsilon < 1 ? [1 - epsilon, 1 + epsilon] : [];
  const marks = [0, 2, ...(epsilon === 0 ? [1] : bounds)];
  const said = `Weights before the clip: ${weighed.statistics.clippedLow} below ${figure(1 - epsilon)}, `
    + `${weighed.statistics.clippedHigh} above ${figure(1 + epsilon)}, of ${weighed.statistics.scoredTokens}.`;
  return drawn("svg", { class: "histogram", role: "img", "aria-label": said },
    bars, drawn("line", { class: "axis", x1: 0, x2: "100%", y1: base + .5, y2: base + .5 }),
    bounds.map((weight) => drawn("line", { class: "bound", x1: place(weight), x2: place(weight), y1: 0, y2: base })),
    marks.map((weight) => drawn("text", {
      x: place(weight), y: 70, "text-anchor": weight === 0 ? "start" : weight === 2 ? "end" : "middle",
    }, figure(weight, weight % 1 === 0 ? 0 : 2))));
}
