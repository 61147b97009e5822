// What the server is asked for a text: log-probs of teacher and base, then the teacher's distributions.
import { ask } from "./server.js";
import { pieces } from "./clusters.js";
import { visible } from "./elements.js";

/** The documents of what was written, those that are empty left out; `isParted`: a line of three hyphens stands between two. */
export function documentsOf(text, isParted) {
  const documents = [[]];
  for (const line of text.split("\n")) {
    if (isParted && /^---[ \t]*$/.test(line)) documents.push([]);
    else documents[documents.length - 1].push(line);
  }
  return documents.map((lines) => lines.join("\n")).filter((document) => document !== "");
}

/**
 * The documents as one sequence, scored. Log-probs of a document depend on its ids alone, so that each is asked for by itself.
 *
 * Gives `teacher` and `base` log-probs (null for no base), `ids`, `tokens` and their `names` for people, `starts`, and `documents` with
 * `spans` and `pieces`.
 */
export async function score(documents, { teacher, hasBase, signal }) {
  const inputs = documents.map((text) => ({ text }));
  const body = hasBase ? { inputs, model: teacher, weighting: "remit" } : { inputs, model: teacher };
  const answer = await ask(hasBase ? "/v1/weights" : "/v1/logprobs", { method: "POST", body, signal, accept: "application/json" });
  const joined = { ids: [], tokens: [], names: [], teacher: [], base: hasBase ? [] : null, starts: [], documents: [] };
  answer.results.forEach((result, index) => {
    joined.starts.push(joined.ids.length);
    const parts = pieces(documents[index], result.offsets);
    joined.documents.push({ spans: result.offsets, pieces: parts });
    joined.names.push(...names(parts, result.tokens));
    joined.ids.push(...result.token_ids);
    joined.tokens.push(...result.tokens);
    joined.teacher.push(...result.teacher_logprobs);
    if (hasBase) joined.base.push(...result.student_logprobs);
  });
  return joined;
}

/** What people call each token: its text, or which part it is of the characters that it shares with others. */
function names(parts, tokens) {
  const found = tokens.map(visible);
  for (const { text, tokens: sharing } of parts) {
    if (sharing.length > 1) sharing.forEach((token, at) => { found[token] = `${visible(text)} (${at + 1} of ${sharing.length})`; });
  }
  return found;
}

/** How many likely tokens are asked for: up to 64, fewer of a long text, none where the server gives none. */
export function likelyCount(tokens, limits) {
  const room = Math.min(Math.floor(65536 / tokens), Math.floor(limits.max_queued_tokens / tokens) - 1);
  return Math.max(0, Math.min(64, limits.max_top_k, room));
}

/**
 * The teacher's likeliest tokens at each position, null where a document starts: `ids` and `logProbs`, the likeliest first. k of them, or
 * fewer where an engine behind the server cannot give so many.
 */
export async function distributions(sequence, { teacher, k, signal }) {
  const ends = [...sequence.starts.slice(1), sequence.ids.length];
  const inputs = sequence.starts.map((start, index) => ({ token_ids: sequence.ids.slice(start, ends[index]) }));
  const request = (topK) => ask("/v1/logprobs", {
    method: "POST", body: { inputs, model: teacher, top_k: topK, return_tokens: false }, signal, accept: "application/json",
  });
  const fewer = [20, 5].filter((number) => number < k);
  const answer = await fewer.reduce((asked, number) => asked.catch((problem) => {
    if (!problem.type?.endsWith(":engine-unable")) throw problem;
    return request(number);
  }), request(k));
  return answer.results.flatMap((result) => result.topk_token_ids.map(
    (ids, at) => ids === null ? null : { ids, logProbs: result.topk_logprobs[at] }));
}

/** The place of a token in the teacher's order, from 1; null where it is not among those that were asked for. */
export function rank(row, id) {
  const at = row.ids.indexOf(id);
  return at < 0 ? null : at + 1;
}

/** -sum p log p in nats, all others counted as one: at most the entropy of the whole distribution. */
export function entropy(row) {
  const shares = row.logProbs.map(Math.exp);
  const rest = 1 - shares.reduce((sum, share) => sum + share, 0);
  return row.logProbs.reduce((sum, logProb, at) => sum - shares[at] * logProb, rest > 1e-6 ? -rest * Math.log(rest) : 0);
}

const texts = new Map();

/**
 * The text of a token. It is decoded behind a letter, which is taken off again: decoders drop a blank at the start of a text.
 * Each is asked for once.
 */
export function tokenText(id, model) {
  const name = `${model} ${id}`;
  if (!texts.has(name)) {
    const found = decoded(id, model);
    texts.set(name, found);
    found.catch(() => texts.delete(name));
  }
  return texts.get(name);
}

const letters = new Map();

async function decoded(id, model) {
  if (!letters.has(model)) {
    letters.set(model, ask("/v1/tokenize", { method: "POST", body: { text: "a", add_special_tokens: false, model } })
      .then((answer) => answer.token_ids));
  }
  const answer = await ask("/v1/detokenize", { method: "POST", body: { token_ids: [...await letters.get(model), id], model } });
  return answer.text.startsWith("a") ? answer.text.slice(1) : answer.text;
}
