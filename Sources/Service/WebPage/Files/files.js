// What is read from files that a reader opens or drops: texts, corpora, a student's log-probs.

/** Most bytes of a file that are read. */
export const mostBytes = 8 * 2 ** 20;

/** The text of a file, unpacked where its name ends in .gz; of a larger one the beginning, to the last whole line. */
export async function readText(file) {
  const stream = file.name.endsWith(".gz") ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream();
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let [text, size] = ["", 0];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { text: text + decoder.decode(), isCut: false };
      size += value.length;
      text += decoder.decode(value, { stream: true });
      if (size >= mostBytes) {
        await reader.cancel();
        return { text: text.slice(0, text.lastIndexOf("\n") + 1), isCut: true };
      }
    }
  } catch {
    throw { title: "The file cannot be read", detail: `${file.name} is not what its name says, or was changed meanwhile.` };
  }
}

/** The documents of a .jsonl corpus: `text`, and a `name` from id or domain. Null where the lines are no such corpus. */
export function corpusOf(text) {
  const documents = [];
  for (const [number, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    let value;
    try { value = JSON.parse(line); } catch { return null; }
    if (typeof value !== "object" || value === null || typeof value.text !== "string") return null;
    const id = value.id === undefined ? `line ${number + 1}` : String(value.id);
    documents.push({ text: value.text, name: typeof value.domain === "string" ? `${id} · ${value.domain}` : id });
  }
  return documents.length > 0 ? documents : null;
}

/**
 * A student's log-probs: a JSON list; an object with `student_logprobs`, `teacher_logprobs` or `logprobs`; an answer whose `results` have
 * them; or a number a line. Null where there is none, as at the start of a document.
 */
export function logProbsOf(text) {
  const trimmed = text.trim();
  if (trimmed.startsWith("[") || trimmed.startsWith("{")) {
    try {
      return listIn(JSON.parse(trimmed));
    } catch {
      const lines = trimmed.split("\n").map(parsed);
      return lines.includes(undefined) ? null : joined(lines.map(listIn));
    }
  }
  const words = trimmed.split(/[\s,;]+/).filter((word) => word !== "");
  const isWord = (word) => isNothing(word) || (word !== "" && Number.isFinite(Number(word)));
  if (words.length > 1 && !isWord(words[0])) words.shift();
  return words.length > 0 && words.every(isWord) ? words.map((word) => isNothing(word) ? null : Number(word)) : null;
}

function isNothing(word) { return /^(null|nan|none|-)$/i.test(word); }

function parsed(line) {
  try { return JSON.parse(line); } catch { return undefined; }
}

function listIn(value) {
  if (Array.isArray(value)) {
    if (value.every((each) => each === null || typeof each === "number")) return value;
    return joined(value.map(listIn));
  }
  if (typeof value !== "object" || value === null) return null;
  for (const name of ["student_logprobs", "teacher_logprobs", "logprobs", "inputs", "results"]) {
    if (Array.isArray(value[name])) return listIn(value[name]);
  }
  return null;
}

function joined(lists) { return lists.length === 0 || lists.includes(null) ? null : lists.flat(); }

/** What is wrong with a student's log-probs for a sequence, in a sentence; null where nothing is. */
export function faultOf(logProbs, starts, length) {
  if (logProbs.length !== length) {
    return `The file has ${logProbs.length} log-probs, the text ${length} tokens: one a token is wanted, null where a document starts.`;
  }
  const unscored = new Set(starts);
  const bad = logProbs.findIndex((value, at) => !unscored.has(at) && !(value !== null && value <= 0 && value > -Infinity));
  return bad < 0 ? null : `Token ${bad} has ${logProbs[bad]}: log-probs are numbers of at most 0.`;
}
