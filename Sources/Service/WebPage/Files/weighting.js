// The token weights, as docs/method.md has them and the server computes them: in 64 bits, one rounding to 32 at the end.

/** A sequence: log-probs of its tokens, null where there is none, and where its documents start. The first of each is not scored. */
export function scoredPositions(sequence) {
  const scored = new Array(sequence.teacher.length).fill(true);
  for (const start of sequence.starts) scored[start] = false;
  return scored;
}

/**
 * delta = log p_teacher - log p_student at scored positions, null elsewhere and without a student. The server's numbers are 32-bit floats,
 * which their shortest decimals only name: fround takes them back.
 */
export function differences(sequence) {
  return scoredPositions(sequence).map((isScored, at) =>
    isScored && sequence.student !== null && sequence.student[at] !== null
      ? Math.fround(sequence.teacher[at]) - Math.fround(sequence.student[at]) : null);
}

/**
 * The weights of one sequence. [T]; 0 where not scored.
 *
 * `options` has `weighting`, `epsilon`, `centering`, `keepFraction`. Gives `weights`; `raw`, what they were before the clip;
 * `centred`, delta minus its mean; `means`, one a document; `statistics`. Null where the weighting needs a student and there is none.
 */
export function weigh(sequence, options) {
  const scored = scoredPositions(sequence);
  const delta = differences(sequence);
  const hasDelta = scored.every((isScored, at) => !isScored || delta[at] !== null);
  if (!hasDelta && options.weighting !== "ntp") return null;
  const { centred, means } = hasDelta ? center(sequence, scored, delta, options) : { centred: delta, means: [] };
  const made = rules[options.weighting]({ scored, delta, centred, options });
  return { scored, delta, centred, means, ...made, statistics: statistics(scored, made) };
}

const rules = {
  remit: centeredSigmoid,
  "remit-static": centeredSigmoid,
  /** Of n scored tokens the ceil(keepFraction n) with the largest delta count 1; of equal ones the earlier. */
  rho1({ scored, delta, options }) {
    const ranked = scored.flatMap((isScored, at) => isScored ? [at] : []);
    const kept = Math.min(ranked.length, Math.ceil(options.keepFraction * ranked.length));
    ranked.sort((left, right) => delta[right] - delta[left] || left - right);
    const weights = scored.map(() => 0);
    for (const at of ranked.slice(0, kept)) weights[at] = 1;
    return { weights, raw: weights, clippedLow: 0, clippedHigh: 0 };
  },
  ntp({ scored }) {
    const weights = scored.map((isScored) => isScored ? 1 : 0);
    return { weights, raw: weights, clippedLow: 0, clippedHigh: 0 };
  },
};

/** w = clip(2 sigmoid(delta - mean), 1 - epsilon, 1 + epsilon) */
function centeredSigmoid({ scored, centred, options }) {
  const [lowest, highest] = [1 - options.epsilon, 1 + options.epsilon];
  const raw = scored.map((isScored, at) => isScored ? 2 * sigmoid(centred[at]) : 0);
  return {
    raw,
    weights: raw.map((weight, at) => scored[at] ? Math.fround(Math.min(Math.max(weight, lowest), highest)) : 0),
    clippedLow: raw.filter((weight, at) => scored[at] && weight < lowest).length,
    clippedHigh: raw.filter((weight, at) => scored[at] && weight > highest).length,
  };
}

function sigmoid(x) {
  const power = Math.exp(-Math.abs(x));
  return x < 0 ? power / (1 + power) : 1 / (1 + power);
}

/** delta minus its mean over the scored positions of the sequence or of each document, summed in their order. */
function center(sequence, scored, delta, options) {
  const starts = options.centering === "document" ? sequence.starts : [0];
  const centred = delta.slice();
  const means = starts.map((start, index) => {
    const end = starts[index + 1] ?? scored.length;
    let [sum, count] = [0, 0];
    for (let at = start; at < end; at += 1) if (scored[at]) [sum, count] = [sum + delta[at], count + 1];
    const mean = count === 0 ? 0 : sum / count;
    for (let at = start; at < end; at += 1) if (scored[at]) centred[at] = delta[at] - mean;
    return mean;
  });
  return { centred, means };
}

function statistics(scored, { weights, clippedLow, clippedHigh }) {
  const number = scored.filter(Boolean).length;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { scoredTokens: number, meanWeight: number === 0 ? null : sum / number, clippedLow, clippedHigh };
}
