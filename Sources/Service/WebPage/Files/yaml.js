// YAML as far as the contract uses it: block and flow collections, quoted, plain and block scalars, anchors. scripts/check-page compares
// what it reads with what a whole parser does.

/** The value of a YAML document. */
export function parseYAML(source) { return new Reader(source.split("\n")).block(0); }

const keyed = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'{}[\],&*#|>@`][^:]*?)\s*:(?:\s+(.*))?$/;

class Reader {
  constructor(lines) {
    this.lines = lines;
    this.row = 0;
    this.anchors = new Map();
  }

  /** The next line that says something; null at the end. */
  next() {
    while (this.row < this.lines.length && /^\s*(#.*)?$/.test(this.lines[this.row])) this.row += 1;
    if (this.row === this.lines.length) return null;
    const line = this.lines[this.row];
    const rest = line.trimStart();
    return { indent: line.length - rest.length, rest: rest.trimEnd() };
  }

  /** What stands indented by at least so much. */
  block(least) {
    const line = this.next();
    if (line === null || line.indent < least) return null;
    if (/^-(\s|$)/.test(line.rest)) return this.sequence(line.indent);
    if (keyed.test(line.rest)) return this.mapping(line.indent);
    return this.value(line.rest, line.indent - 1);
  }

  mapping(indent) {
    const result = {};
    for (let line = this.next(); line !== null && line.indent === indent; line = this.next()) {
      const match = keyed.exec(line.rest);
      if (match === null) break;
      result[String(scalar(match[1]))] = this.value(match[2] ?? "", indent);
    }
    return result;
  }

  sequence(indent) {
    const result = [];
    for (let line = this.next(); line !== null && line.indent === indent && /^-(\s|$)/.test(line.rest); line = this.next()) {
      const rest = line.rest.slice(1).trimStart();
      if (keyed.test(rest)) {
        const inner = indent + line.rest.length - rest.length;
        this.lines[this.row] = " ".repeat(inner) + rest;
        result.push(this.mapping(inner));
      } else {
        result.push(this.value(rest, indent));
      }
    }
    return result;
  }

  /** What stands behind a key or a hyphen on this line, and on those below that are indented further. */
  value(text, indent) {
    const anchor = /^&(\S+)\s*/.exec(text);
    if (anchor !== null) {
      const value = this.value(text.slice(anchor[0].length), indent);
      this.anchors.set(anchor[1], value);
      return value;
    }
    const start = this.row;
    this.row += 1;
    if (/^\*\S+$/.test(text)) return this.anchors.get(text.slice(1));
    if (text === "" || text.startsWith("#")) {
      const line = this.next();
      return line !== null && line.indent === indent && line.rest.startsWith("- ") ? this.sequence(indent) : this.block(indent + 1);
    }
    if (/^[|>][+-]?$/.test(text)) return this.scalarBlock(text, indent);
    if (/^["'[{]/.test(text)) return this.flow(text, start);
    const parts = [uncommented(text)];
    for (let line = this.next(); line !== null && line.indent > indent; line = this.next()) {
      parts.push(uncommented(line.rest));
      this.row += 1;
    }
    return scalar(parts.join(" "));
  }

  /** `|` keeps lines, `>` folds them; `-` drops the last newline. */
  scalarBlock(sign, indent) {
    const found = [];
    while (this.row < this.lines.length) {
      const line = this.lines[this.row];
      if (line.trim() !== "" && line.length - line.trimStart().length <= indent) break;
      found.push(line);
      this.row += 1;
    }
    while (found.length > 0 && found[found.length - 1].trim() === "") found.pop();
    const depth = Math.min(...found.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length));
    const lines = found.map((line) => line.slice(depth));
    const text = sign.startsWith("|") ? lines.join("\n") : folded(lines);
    return sign.endsWith("-") ? text : text + "\n";
  }

  /** A flow collection or a quoted scalar, over as many lines as it takes. */
  flow(text, row) {
    this.row = row + 1;
    let all = text;
    for (;;) {
      const cursor = new Flow(all);
      const value = cursor.value();
      if (!cursor.isCut) return value;
      if (this.row >= this.lines.length) throw new Error(`line ${row + 1} does not end`);
      all += " " + this.lines[this.row].trim();
      this.row += 1;
    }
  }
}

/** A flow value in one line of text; `isCut` where the text ends within it. */
class Flow {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.isCut = false;
  }

  skip() { while (this.text[this.at] === " ") this.at += 1; }

  value() {
    this.skip();
    switch (this.text[this.at]) {
      case "{": return this.members("}", {}, (found, key, value) => { found[key] = value; });
      case "[": return this.members("]", [], (found, key, value, isPair) => { found.push(isPair ? { [key]: value } : key); });
      case '"': case "'": return this.quoted();
      default: return scalar(this.plain());
    }
  }

  members(end, found, add) {
    this.at += 1;
    for (;;) {
      this.skip();
      if (this.at >= this.text.length) { this.isCut = true; return found; }
      if (this.text[this.at] === end) { this.at += 1; return found; }
      const start = this.at;
      const key = this.value();
      this.skip();
      let value = null;
      const isPair = this.text[this.at] === ":";
      if (isPair) {
        this.at += 1;
        value = this.value();
        this.skip();
      }
      if (this.isCut) return found;
      add(found, key, value, isPair);
      if (this.text[this.at] === ",") this.at += 1;
      if (this.at === start) throw new Error(`cannot read ${this.text.slice(start, start + 60)}`);
    }
  }

  quoted() {
    const pattern = this.text[this.at] === '"' ? /"(?:[^"\\]|\\.)*"/y : /'(?:[^']|'')*'/y;
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) { this.isCut = true; return ""; }
    this.at += match[0].length;
    return scalar(match[0]);
  }

  plain() {
    const pattern = /(?:[^,[\]{}:]|:(?! |$))*/y;
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text);
    this.at += found.length;
    return found.trim();
  }
}

/** The lines of a paragraph on one line; n empty ones between two paragraphs are n line breaks. */
function folded(lines) { return lines.join("\n").replace(/([^\n])\n(?=[^\n])/g, "$1 ").replace(/\n(\n+)/g, "$1"); }

function uncommented(text) { return text.replace(/\s#.*$/, "").trim(); }

function scalar(text) {
  if (text.startsWith('"')) return JSON.parse(text);
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (text === "" || text === "null" || text === "~") return null;
  if (text === "true" || text === "false") return text === "true";
  if (!/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text)) return text;
  // An integer that a number cannot hold stays the text that it is.
  return /^[-+]?\d+$/.test(text) && !Number.isSafeInteger(Number(text)) ? text : Number(text);
}
