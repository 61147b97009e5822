// Files that are opened or dropped: a text, a corpus to choose a document of, a student's log-probs.
import { element } from "./elements.js";
import { say } from "./server.js";
import { corpusOf, logProbsOf, readText } from "./files.js";

const at = (id) => document.getElementById(id);
let corpus = null;

/** Listens for files. `onText(text)` hears of a text, `onLogProbs(list, name)` of a student's log-probs. */
export function offerFiles({ onText, onLogProbs }) {
  const open = (input, take) => input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (file) await guarded(() => take(file));
  });
  open(at("file"), (file) => takeFile(file, { onText, onLogProbs }));
  open(at("logprobs"), (file) => takeLogProbs(file, onLogProbs));
  listenForDrops((file) => guarded(() => takeFile(file, { onText, onLogProbs })));
  at("document").addEventListener("change", () => onText(corpus[at("document").selectedIndex].text));
  at("previous").addEventListener("click", () => step(-1, onText));
  at("next").addEventListener("click", () => step(1, onText));
}

async function guarded(work) {
  try {
    say(null);
    await work();
  } catch (problem) {
    say(problem);
  }
}

/** What a file is, it says itself: a corpus has a text on each line, log-probs are numbers, all else is a text. */
async function takeFile(file, { onText, onLogProbs }) {
  const { text, isCut } = await readText(file);
  const documents = corpusOf(text);
  if (documents !== null) return takeCorpus(documents, isCut, onText);
  const logProbs = logProbsOf(text);
  if (logProbs !== null) return onLogProbs(logProbs, file.name);
  at("picker").hidden = true;
  onText(text);
}

async function takeLogProbs(file, onLogProbs) {
  const { text } = await readText(file);
  const logProbs = logProbsOf(text);
  if (logProbs === null) {
    throw { title: "No log-probs were found", detail: `${file.name}: expected a JSON list, a number a line, or an answer of the server.` };
  }
  onLogProbs(logProbs, file.name);
}

function takeCorpus(documents, isCut, onText) {
  corpus = documents;
  at("document").replaceChildren(...documents.map(({ text, name }) => {
    const start = text.slice(0, 60).replaceAll(/\s+/g, " ");
    return element("option", {}, `${name}: ${start}`);
  }));
  at("document-count").textContent = `1 of ${documents.length}${isCut ? ", the file's first 8 MiB" : ""}`;
  at("picker").hidden = false;
  step(0, onText);
}

function step(by, onText) {
  const list = at("document");
  const next = Math.max(0, Math.min(corpus.length - 1, list.selectedIndex + by));
  list.selectedIndex = next;
  onText(corpus[next].text);
}

function listenForDrops(take) {
  let depth = 0;
  const cover = (isOver) => { at("drop").hidden = !isOver; };
  const hasFiles = (event) => [...event.dataTransfer?.types ?? []].includes("Files") && location.pathname === "/";
  addEventListener("dragenter", (event) => { if (hasFiles(event)) { depth += 1; cover(true); } });
  addEventListener("dragleave", (event) => { if (hasFiles(event)) { depth -= 1; cover(depth > 0); } });
  addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    cover(false);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}
