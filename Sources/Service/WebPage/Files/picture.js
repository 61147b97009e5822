// The text in colour as a picture to be taken along.
import { visible } from "./elements.js";

const width = 1200;
const margin = 32;
const lineHeight = 38;
/** Beyond it browsers draw nothing. */
const mostPixels = 16000;

/** A picture of the tokens in the colours of the page. */
export async function picture(runs, summary) {
  const pen = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const colours = { paper: style.getPropertyValue("--card"), ink: style.getPropertyValue("--ink"), soft: style.getPropertyValue("--soft") };
  const [mono, sans] = ["--mono", "--sans"].map((name) => style.getPropertyValue(name));
  const fonts = { token: `17px ${mono}`, title: `600 17px ${sans}`, note: `14px ${sans}` };
  pen.font = fonts.token;
  let top = margin;
  const parts = runs.map((run) => {
    const placed = layOut(pen, run, top + 62);
    const part = { run, top, placed };
    top = placed.end + lineHeight + 12;
    return part;
  });
  const height = top;
  const scale = Math.min(2, mostPixels / height);
  pen.canvas.width = width * scale;
  pen.canvas.height = Math.min(height * scale, mostPixels);
  pen.scale(scale, scale);
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, width, height);
  for (const { run, top: start, placed } of parts) {
    pen.fillStyle = colours.ink;
    pen.font = fonts.title;
    pen.fillText(`Token weights by ${run.name}`, margin, start + 16);
    pen.fillStyle = colours.soft;
    pen.font = fonts.note;
    pen.fillText(summary, margin, start + 38);
    pen.font = fonts.token;
    for (const box of placed.boxes) draw(pen, box, run, colours);
  }
  return new Promise((resolve) => pen.canvas.toBlob(resolve, "image/png"));
}

/** Where each piece stands: boxes of one line each. */
function layOut(pen, { sequence }, top) {
  const boxes = [];
  let [x, y] = [margin, top];
  const turn = () => { [x, y] = [margin, y + lineHeight]; };
  sequence.documents.forEach(({ pieces }, document) => {
    if (document > 0) turn();
    for (const piece of pieces) {
      const tokens = piece.tokens.map((token) => sequence.starts[document] + token);
      const shown = piece.text === "" && tokens.length > 0 ? sequence.tokens[tokens[0]] : piece.text;
      for (const part of shown.split(/(\n)/).filter((each) => each !== "")) {
        const isTurn = part === "\n";
        for (const words of isTurn ? ["↵"] : fitting(pen, visible(part).replaceAll("␣", " "))) {
          const wide = Math.max(pen.measureText(words).width, tokens.length > 1 ? 7 * tokens.length : 0);
          if (x + wide > width - margin) turn();
          boxes.push({ x, y, width: wide, text: words, tokens, isTurn });
          x += wide;
        }
        if (isTurn) turn();
      }
    }
  });
  return { boxes, end: y };
}

/** A text in parts that fit on a line. */
function fitting(pen, text) {
  const most = Math.floor((width - 2 * margin) / Math.max(1, pen.measureText("m").width));
  const points = [...text];
  const parts = [];
  for (let start = 0; start < points.length; start += most) parts.push(points.slice(start, start + most).join(""));
  return parts;
}

function draw(pen, { x, y, width: wide, text, tokens, isTurn }, { panel }, colours) {
  tokens.forEach((token, index) => {
    const style = getComputedStyle(panel.tokens[token]);
    const [left, share] = [x + wide * index / tokens.length, wide / tokens.length];
    pen.fillStyle = style.backgroundColor;
    pen.fillRect(left, y - 6, share - 1, 28);
    if (style.borderBottomStyle !== "none") {
      pen.fillStyle = style.borderBottomColor;
      const isDotted = style.borderBottomStyle === "dotted";
      for (let at = left; at < left + share - 1; at += isDotted ? 4 : share) pen.fillRect(at, y + 22, isDotted ? 2 : share - 1, 2);
    }
  });
  pen.fillStyle = isTurn || tokens.length === 0 || panel.tokens[tokens[0]].classList.contains("unscored") ? colours.soft : colours.ink;
  pen.fillText(text, x, y + 14);
}
