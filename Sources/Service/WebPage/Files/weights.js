// The view of token weights: what is asked for, what came back, and what is made of it as the controls move.
import { element } from "./elements.js";
import { info, say } from "./server.js";
import { documentsOf, distributions, likelyCount, score } from "./scoring.js";
import { weigh } from "./weighting.js";
import { faultOf } from "./files.js";
import { linked, linkTo } from "./link.js";
import * as controls from "./controls.js";
import { Panel } from "./panel.js";
import { showDetail } from "./detail.js";
import { offerFiles } from "./opening.js";
import { picture } from "./picture.js";
import { download, spreadsheet } from "./saving.js";

const at = (id) => document.getElementById(id);
const example = "Which is larger, 44 or 81? The tens are 4 and 8, the ones 4 and 1. So 81.";

/** What is shown: one run a teacher, each with `name`, `sequence`, `likely`, `weighed`, `panel`; a file's log-probs; which token. */
const state = { runs: [], fileLogProbs: null, pinned: null, asking: null, limits: null, isTable: false };
let isPrepared = false;

/** Shows the view; the first time with the text of the link, or an example. */
export async function show(served) {
  if (isPrepared) return;
  isPrepared = true;
  state.limits = served.limits;
  controls.prepare(served, reweigh);
  // On a phone the result is what comes next.
  if (matchMedia("(max-width: 50rem)").matches) at("models").open = at("method").open = false;
  listen();
  const given = linked(location.hash);
  at("text").value = given?.text ?? example;
  at("parted").checked = given?.isParted ?? false;
  controls.set(given?.options ?? {});
  await run();
}

function listen() {
  at("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  at("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
  });
  for (const id of ["teacher", "second", "parted"]) at(id).addEventListener("change", run);
  for (const name of ["base", "file"]) {
    at("student-" + name).addEventListener("change", () => {
      say(null);
      reweigh();
    });
  }
  addEventListener("hashchange", () => {
    const given = linked(location.hash);
    if (given === null || location.pathname !== "/") return;
    at("text").value = given.text;
    at("parted").checked = given.isParted;
    controls.set({ ...controls.usual, ...given.options });
    run();
  });
  offerFiles({ onText: takeText, onLogProbs: takeLogProbs });
  at("as-text").onclick = () => showAs(false);
  at("as-table").onclick = () => showAs(true);
  at("csv").onclick = () => download("remit-weights.csv", new Blob([spreadsheet(state.runs)], { type: "text/csv" }));
  at("png").onclick = async () => download("remit-weights.png", await picture(state.runs, controls.summary(studentName())));
  at("link").onclick = copyLink;
}

function takeText(text) {
  at("text").value = text;
  run();
}

function takeLogProbs(logProbs, name) {
  state.fileLogProbs = logProbs;
  at("file-name").textContent = `${name}, ${logProbs.length} log-probs`;
  at("student-file").disabled = false;
  at("student-file").checked = true;
  reweigh();
}

/** Asks the server for the text as it stands, of one teacher or two. What was asked before is given up. */
async function run() {
  const documents = documentsOf(at("text").value, at("parted").checked);
  state.asking?.abort();
  const { signal } = state.asking = new AbortController();
  say(null);
  if (documents.length === 0) return clear("There is no text to score.");
  at("result").setAttribute("aria-busy", "true");
  const teachers = [at("teacher").value, at("second").value].filter((name, index) => index === 0 || name !== "");
  try {
    const hasBase = controls.hasBase();
    const sequences = await Promise.all(teachers.map((teacher) => score(documents, { teacher, hasBase, signal })));
    state.runs = sequences.map((sequence, index) => ({ name: teachers[index], sequence, likely: null, weighed: null }));
    state.pinned = null;
    build();
    for (const run of state.runs) lookAtDistributions(run, signal);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    clear("Nothing is scored.");
    say(problem);
  } finally {
    if (state.asking?.signal === signal) at("result").removeAttribute("aria-busy");
  }
}

function clear(text) {
  state.runs = [];
  at("empty").textContent = text;
  at("empty").hidden = false;
  at("scored").hidden = true;
  showDetail([], null);
}

async function lookAtDistributions(run, signal) {
  const k = likelyCount(run.sequence.ids.length, state.limits);
  if (k === 0) return;
  run.panel.await(true);
  try {
    run.likely = await distributions(run.sequence, { teacher: run.name, k, signal });
  } catch (problem) {
    if (problem.name === "AbortError") return;
    run.refusal = problem.title;
  }
  if (!state.runs.includes(run)) return;
  run.panel.await(false);
  run.panel.update(run, controls.options(), state.isTable);
  if (state.pinned !== null) point(state.pinned);
}

/** Lays the panels out, one a teacher. */
function build() {
  at("empty").hidden = true;
  at("scored").hidden = false;
  at("panels").replaceChildren(...state.runs.map((run) => {
    run.panel = new Panel(run, { onPoint: point, onLeave: () => { if (state.pinned !== null) point(state.pinned); }, onPin: pin });
    return run.panel.root;
  }));
  at("panels").classList.toggle("two", state.runs.length > 1);
  showDetail(state.runs, null);
  reweigh();
  const { sequence } = state.runs[0];
  const documents = sequence.documents.length;
  at("said").textContent = `${sequence.ids.length} tokens in ${documents} ${documents === 1 ? "document" : "documents"}.`;
}

/** The weights anew, here in the page: as the server makes them from the same log-probs. */
function reweigh() {
  const options = controls.options();
  controls.follow(options, at("student-file").checked);
  for (const run of state.runs) {
    const student = studentOf(run);
    run.student = student;
    run.weighed = weigh({ ...run.sequence, student }, options);
    run.panel.update(run, options, state.isTable);
  }
  if (state.runs.length > 0) point(state.pinned);
}

/** The log-probs that stand for the student; null where there are none that fit. */
function studentOf(run) {
  if (!at("student-file").checked) return run.sequence.base;
  const fault = faultOf(state.fileLogProbs, run.sequence.starts, run.sequence.ids.length);
  say(fault === null ? null : { title: "These log-probs are not of this text", detail: fault });
  return fault === null ? state.fileLogProbs : null;
}

function studentName() { return at("student-file").checked ? "file" : at("student-base").disabled ? "none" : "base"; }

function point(token) {
  for (const run of state.runs) run.panel.mark(token);
  showDetail(state.runs, token);
}

function pin(token) {
  state.pinned = token;
  point(token);
}

function showAs(isTable) {
  state.isTable = isTable;
  at("as-text").setAttribute("aria-pressed", String(!isTable));
  at("as-table").setAttribute("aria-pressed", String(isTable));
  for (const run of state.runs) run.panel.update(run, controls.options(), isTable);
}

async function copyLink() {
  const link = linkTo({ text: at("text").value, isParted: at("parted").checked }, controls.options(), controls.usual);
  history.replaceState(null, "", link);
  try {
    await navigator.clipboard.writeText(link);
    at("said").textContent = "The link is on the clipboard; its text stays behind the #, which browsers send to nobody.";
  } catch {
    const field = element("input", { type: "text", value: link, readonly: true, "aria-label": "Link to this text" });
    at("said").replaceChildren("The link, to copy: ", field);
    field.select();
  }
}
