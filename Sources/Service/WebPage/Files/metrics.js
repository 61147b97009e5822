// Prometheus text, as far as the server writes it.

/** The samples by name, each with `labels` and `value`. */
export function parseMetrics(text) {
  const samples = new Map();
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[name] = value.replace(/\\(.)/g, (_, escaped) => escaped === "n" ? "\n" : escaped);
    }
    if (!samples.has(match[1])) samples.set(match[1], []);
    samples.get(match[1]).push({ labels, value: Number(match[3]) });
  }
  return samples;
}

/** The sum of a metric's samples that pass; 0 where there is none. */
export function total(samples, name, isWanted = () => true) {
  return (samples.get(name) ?? []).filter(({ labels }) => isWanted(labels)).reduce((sum, { value }) => sum + value, 0);
}
