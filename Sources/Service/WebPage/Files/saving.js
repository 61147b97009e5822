// The numbers as a table to be taken along, and the handing over of what is.
import { rank } from "./scoring.js";

/** Hands a file to the browser. */
export function download(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A line a token and teacher, numbers as they are: what there is none of stays empty. RFC 4180. */
export function spreadsheet(runs) {
  const heads = ["teacher", "document", "position", "token_id", "token", "start_byte", "end_byte", "scored", "teacher_logprob",
    "student_logprob", "delta", "weight_before_clip", "weight", "rank"];
  const lines = [heads];
  for (const { name, sequence, student, weighed, likely } of runs) {
    sequence.documents.forEach(({ spans }, document) => spans.forEach(([from, to], within) => {
      const token = sequence.starts[document] + within;
      const isScored = within > 0;
      lines.push([name, document, within, sequence.ids[token], sequence.tokens[token], from, to, isScored ? 1 : 0, sequence.teacher[token],
        student?.[token], weighed?.delta[token], isScored ? weighed?.raw[token] : null, weighed?.weights[token],
        likely?.[token] ? rank(likely[token], sequence.ids[token]) : null]);
    }));
  }
  return lines.map((fields) => fields.map(quoted).join(",")).join("\r\n") + "\r\n";
}

function quoted(field) {
  const text = field === null || field === undefined ? "" : String(field);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
