// From byte spans of tokens to pieces of text that can be shown. A character that several tokens share stays whole.

/**
 * The pieces of a text, in order. Each has `text` and `tokens`, the indices of those that it belongs to: one as a rule, several where
 * they share a character, none where no token covers the text. Spans are [start, end] in UTF-8 bytes; those of special tokens are empty.
 */
export function pieces(text, spans) {
  const { index, isBoundary } = characters(text);
  const found = [];
  let end = 0;
  spans.forEach(([from, to], token) => {
    const last = found[found.length - 1];
    if (last && last.tokens.length > 0 && to > from && (from < last.end || (from === last.end && !isBoundary(from)))) {
      last.tokens.push(token);
      last.end = Math.max(last.end, to);
    } else {
      if (from > end && to > from) found.push({ tokens: [], start: end, end: from });
      found.push({ tokens: [token], start: to > from ? from : end, end: to > from ? to : end });
    }
    end = Math.max(end, to);
  });
  const length = index.length - 1;
  if (end < length) found.push({ tokens: [], start: end, end: length });
  return found.map(({ tokens, start, end }) => ({ tokens, text: text.slice(index[start], index[end]) }));
}

/** For each UTF-8 byte the index of its character in the string, and whether a character as people see it begins there. */
function characters(text) {
  const index = [];
  let units = 0;
  for (const point of text) {
    const code = point.codePointAt(0);
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let byte = 0; byte < size; byte += 1) index.push(units);
    units += point.length;
  }
  index.push(units);
  const begins = new Set([units]);
  if (Intl.Segmenter) {
    for (const { index: at } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) begins.add(at);
    // A line ends where its last byte ends, even between carriage return and newline.
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) begins.add(at);
  } else {
    let at = 0;
    for (const point of text) { begins.add(at); at += point.length; }
  }
  return { index, isBoundary: (byte) => begins.has(index[byte]) && (byte === 0 || index[byte] !== index[byte - 1]) };
}
