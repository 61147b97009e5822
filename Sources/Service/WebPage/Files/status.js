// The view of the server's state, from /info and /metrics, while it is looked at.
import { count, element, figure } from "./elements.js";
import { ask, say, text } from "./server.js";
import { parseMetrics, total } from "./metrics.js";
import { scrolling, table } from "./tables.js";
import { tiles } from "./tiles.js";

const at = (id) => document.getElementById(id);
const period = 2000;
const kept = 60;
let timer = null;
/** How many tokens were answered when, the last to be seen at the end. */
let seen = [];
let shownModels = "";
let parts = null;

/** Shows the view, and looks again every two seconds where that is wanted. */
export async function show() {
  parts ??= build();
  at("reload").onclick = look;
  at("refresh").onchange = plan;
  await look();
}

/** Stops looking. */
export function hide() {
  clearTimeout(timer);
  timer = null;
}

function plan() {
  hide();
  if (at("refresh").checked) timer = setTimeout(look, period);
}

async function look() {
  hide();
  // Nobody looks at a page in the background.
  if (document.visibilityState === "hidden") return plan();
  try {
    const [served, metrics] = await Promise.all([ask("/info"), text("/metrics")]);
    draw(served, parseMetrics(metrics));
    say(null);
  } catch (problem) {
    say(problem);
  }
  if (location.pathname === "/status") plan();
}

function build() {
  const [tileList, settings] = [element("dl", { class: "tiles" }), element("dl", { class: "settings" })];
  const made = { tiles: tileList, settings, models: element("div"), requests: element("div") };
  at("status-body").replaceChildren(made.tiles, block("Models", made.models), block("Requests", made.requests),
    element("details", { class: "card" }, element("summary", {}, "Flags in force"), made.settings));
  return made;
}

function block(title, content) { return element("section", { class: "card block" }, element("h2", {}, title), content); }

function draw(served, samples) {
  const sources = ["computed", "cached", "stored", "shared"];
  const tokensOf = (source) => total(samples, "remit_tokens_total", (labels) => labels.source === source);
  const tokens = Object.fromEntries(sources.map((source) => [source, tokensOf(source)]));
  const all = sources.reduce((sum, source) => sum + tokens[source], 0);
  seen = [...seen, { time: performance.now() / 1000, all }].slice(-kept - 1);
  const rates = seen.slice(1).map((point, index) => (point.all - seen[index].all) / Math.max(0.001, point.time - seen[index].time));
  parts.tiles.replaceChildren(...tiles(served, samples, { ...tokens, all }, { rates, kept }));
  const models = JSON.stringify([served.models, served.teachers]);
  if (models !== shownModels) {
    shownModels = models;
    parts.models.replaceChildren(modelTable(served));
    parts.settings.replaceChildren(...Object.entries(served.settings).flatMap(([name, value]) =>
      [element("dt", {}, element("code", {}, "--" + name.replaceAll("_", "-"))), element("dd", {}, settingText(value))]));
  }
  parts.requests.replaceChildren(requestTable(samples));
}

function settingText(value) {
  if (value === null || (Array.isArray(value) && value.length === 0)) return "–";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function modelTable({ models, teachers }) {
  const state = (name) => element("span", { class: "state " + name }, name);
  const loaded = models.map((model) => [
    model.model, model.role + (model.is_default ? ", default" : ""), state("ready"), engineText(model.engine), model.family,
    model.precision, model.parameters === 0 ? "–" : count(model.parameters), count(model.vocabulary_size), count(model.context_length),
    element("code", { title: model.model_fingerprint }, model.model_fingerprint.slice(0, 12)),
  ]);
  const others = teachers.filter((teacher) => teacher.state !== "ready").map((teacher) =>
    [teacher.name, "teacher", [state(teacher.state), teacher.error ? ` ${teacher.error}` : ""], "", "", "", "", "", "", ""]);
  const heads = ["Name", "Role", "State", "Engine", "Family", "Precision", "Parameters", "Vocabulary", "Context", "Fingerprint"];
  return scrolling("Models", table(heads, [...loaded, ...others], { numbers: [6, 7, 8] }));
}

/** What computes a model's log-probs, and whether their bits repeat. */
function engineText(engine) {
  if (engine === undefined || engine.kind === "local") return "this server";
  const name = [engine.kind, engine.version ?? ""].join(" ").trim();
  return engine.bit_reproducible ? name : `${name}, bits may differ`;
}

/** Requests by route: how many, how many of them refused or failed, how long they took on average. */
function requestTable(samples) {
  const requests = "remit_http_requests_total";
  const routes = [...new Set((samples.get(requests) ?? []).map(({ labels }) => labels.route))].sort();
  const rows = routes.map((route) => {
    const answered = (...digits) =>
      count(total(samples, requests, (labels) => labels.route === route && digits.includes(labels.status[0])));
    const time = (part) => total(samples, "remit_http_request_duration_seconds_" + part, (labels) => labels.route === route);
    const number = time("count");
    return [route, answered("2", "3"), answered("4"), answered("5"), number === 0 ? "–" : figure(1000 * time("sum") / number, 2)];
  });
  const heads = ["Route", "Answered", "Refused (4xx)", "Failed (5xx)", "Mean time, ms"];
  return scrolling("Requests", table(heads, rows, { numbers: [1, 2, 3, 4] }));
}
