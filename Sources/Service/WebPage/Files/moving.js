// Moving through the tokens with the keyboard: along the text, and from line to line.

/** The token that a key leads to from another; null where it leads nowhere. */
export function neighbour(tokens, from, key) {
  const last = tokens.length - 1;
  switch (key) {
    case "ArrowRight": return Math.min(last, from + 1);
    case "ArrowLeft": return Math.max(0, from - 1);
    case "Home": return 0;
    case "End": return last;
    case "ArrowDown": return onNextLine(tokens, from, 1);
    case "ArrowUp": return onNextLine(tokens, from, -1);
    default: return null;
  }
}

/** The nearest token of the line below (step 1) or above (-1); the same where there is none. */
function onNextLine(tokens, from, step) {
  const here = box(tokens[from]);
  const middle = (here.left + here.right) / 2;
  const isOther = (rect) => step > 0 ? rect.top > here.top + here.height / 2 : rect.bottom < here.bottom - here.height / 2;
  let [best, distance, line] = [from, Infinity, null];
  for (let token = from + step; token >= 0 && token < tokens.length; token += step) {
    const rect = box(tokens[token]);
    if (!isOther(rect)) continue;
    line ??= rect;
    if (Math.abs(rect.top - line.top) > line.height / 2) break;
    const away = Math.abs((rect.left + rect.right) / 2 - middle);
    if (away < distance) [best, distance] = [token, away];
  }
  return best;
}

/** The box of a token's first line. */
function box(node) { return node.getClientRects()[0] ?? node.getBoundingClientRect(); }
