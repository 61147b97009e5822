// The numbers of the status view that are read at a glance.
import { bytes, count, drawn, element } from "./elements.js";
import { total } from "./metrics.js";

/** The tiles. `tokens` were answered, by where their log-probs came from; `rates` are tokens a second at the last moments. */
export function tiles(served, samples, tokens, { rates, kept }) {
  const one = (name) => total(samples, name);
  const counted = (name) => count(one(name));
  const { limits, settings } = served;
  const found = tokens.cached + tokens.stored + tokens.shared;
  const answered = (digit) => total(samples, "remit_http_requests_total", ({ status }) => status.startsWith(digit));
  const memory = one("process_resident_memory_bytes");
  return [
    tile("State", one("remit_ready") === 1 ? "ready" : "not ready",
      `up ${age(Date.now() / 1000 - one("process_start_time_seconds"))}, version ${served.version}`),
    tile("Tokens a second, now", rates.length === 0 ? "–" : count(rates[rates.length - 1]),
      served.tokens_per_second === null ? "not measured yet" : `${count(served.tokens_per_second)} when the engine runs`,
      spark(rates, kept)),
    tile("Queue", `${counted("remit_queue_tokens")} tokens`,
      `${counted("remit_queue_requests")} requests wait; room for ${count(limits.max_queued_tokens)} tokens`,
      meter("Queue", one("remit_queue_tokens") / limits.max_queued_tokens)),
    tile("Tokens answered", count(tokens.all), `${count(tokens.computed)} of them computed`),
    tile("Found, not computed", share(found, tokens.all),
      `cache ${count(tokens.cached)}, store ${count(tokens.stored)}, shared ${count(tokens.shared)}`,
      meter("Found", tokens.all === 0 ? 0 : found / tokens.all)),
    settings.store === null ? tile("Store hits", "no store", "start the server with --store to keep log-probs")
      : tile("Store hits", share(tokens.stored, tokens.stored + tokens.computed), `${count(tokens.stored)} tokens from disk`),
    tile("Errors", count(answered("5") + one("remit_engine_failures_total")),
      `${count(answered("4"))} requests refused, ${counted("remit_connection_errors_total")} connections ended badly`),
    tile("Memory", bytes(memory), `bound ${bytes(served.memory_bound_bytes)}, bodies ${bytes(one("remit_body_bytes"))}`,
      meter("Memory", memory / served.memory_bound_bytes)),
    tile("Connections", counted("remit_connections"),
      `at most ${count(settings.max_connections)}; ${served.threads} threads on ${served.kernel_path}`),
  ];
}

function tile(name, value, note, more = null) {
  return element("div", { class: "tile card" }, element("dt", {}, name), element("dd", { class: "figure" }, value),
    element("dd", { class: "note" }, note), more ? element("dd", {}, more) : null);
}

function share(part, whole) { return whole > 0 ? `${(100 * part / whole).toFixed(part === 0 ? 0 : 1)} %` : "–"; }

function meter(name, filled) {
  const percent = 100 * Math.max(0, Math.min(1, filled));
  return element("div", { class: "meter", role: "img", "aria-label": `${name}: ${Math.round(percent)} %` },
    element("span", { style: { width: `${percent}%` } }));
}

function spark(rates, kept) {
  const most = Math.max(1, ...rates);
  const points = rates.map((rate, index) => `${(index + kept - rates.length) / (kept - 1) * 100} ${30 - 28 * rate / most}`);
  const said = `Tokens a second over the last two minutes, at most ${count(most)}`;
  return drawn("svg", { class: "spark", viewBox: "0 0 100 32", preserveAspectRatio: "none", role: "img", "aria-label": said },
    points.length > 1 ? drawn("path", { d: "M" + points.join(" L") }) : null);
}

function age(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}
