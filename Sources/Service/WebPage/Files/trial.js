// A request to try: an example of the contract, to be changed and sent to this server.
import { element } from "./elements.js";
import { send } from "./server.js";
import { resolved } from "./schema.js";

const mostShown = 20_000;

/** A form that sends one of the operation's examples, and shows what comes back. */
export function trial(contract, { path, method, operationId, requestBody, parameters = [] }) {
  const name = (part) => `${part}-${operationId}`;
  const examples = Object.entries(requestBody?.content?.["application/json"]?.examples ?? {});
  const output = element("div", { class: "reply", role: "status" });
  const body = requestBody ? element("textarea", { id: name("body"), rows: 6, spellcheck: "false" }) : null;
  const places = parameters.map((each) => resolved(contract, each)).filter((each) => each.in === "path");
  const fields = places.map((each) => element("input", { id: name(each.name), type: "text", required: true, autocomplete: "off" }));
  const fill = (example) => { body.value = JSON.stringify(example.value, null, 2); };
  if (examples.length > 0) fill(examples[0][1]);
  const choose = () => fill(examples[choice.selectedIndex][1]);
  const choice = examples.length > 1 ? element("select", { id: name("example"), onchange: choose },
    examples.map(([key, { summary }]) => element("option", {}, summary ?? key))) : null;
  const labelled = (text, control) =>
    control ? element("div", { class: "field" }, element("label", { for: control.id }, text), control) : null;
  const target = () => path.replace(/\{\w+\}/g, () => encodeURIComponent(fields[0].value));
  const showCommand = (event) => {
    if (event.currentTarget.form.reportValidity()) output.replaceChildren(command(target(), method, body?.value));
  };
  return element("form", {
    class: "trial", "aria-label": `Try ${method.toUpperCase()} ${path}`,
    onsubmit: (event) => {
      event.preventDefault();
      reply(output, target(), { method: method.toUpperCase(), body: body?.value, accept: "application/json, */*;q=0.5" });
    },
  }, labelled("Example", choice), fields.map((field, index) => labelled(places[index].name, field)), labelled("Body to send", body),
  element("div", { class: "row" }, element("button", { type: "submit", class: "main" }, "Send"),
    element("button", { type: "button", class: "plain", onclick: showCommand }, "As curl")),
  output);
}

async function reply(output, target, options) {
  output.replaceChildren(element("p", { class: "quiet" }, "Waiting for the answer …"));
  const start = performance.now();
  try {
    const answer = await send(target, options);
    const text = await answer.text();
    const shown = pretty(text, answer.headers.get("Content-Type") ?? "");
    output.replaceChildren(
      element("p", {}, element("strong", { class: answer.ok ? "good" : "bad" }, `${answer.status} ${answer.statusText}`),
        element("span", { class: "quiet" }, ` ${answer.headers.get("Content-Type")}, ${(performance.now() - start).toFixed(0)} ms`)),
      element("pre", { tabindex: "0", "aria-label": "The answer" }, headers(answer) + shown.slice(0, mostShown)),
      shown.length > mostShown ? element("p", { class: "hint" }, `The first ${mostShown} of ${shown.length} characters.`) : "");
  } catch (problem) {
    output.replaceChildren(element("p", {}, element("strong", { class: "bad" }, problem.title ?? String(problem))));
  }
}

function headers(answer) {
  const told = [...answer.headers].filter(([name]) => name.startsWith("x-") || name === "retry-after" || name === "traceparent");
  return told.map(([name, value]) => `${name}: ${value}\n`).join("") + (told.length > 0 ? "\n" : "");
}

/** JSON with lists of numbers on one line. */
function pretty(text, type) {
  if (!/json/.test(type)) return text;
  const numbers = /\[\s+((?:-?[\d.e+-]+|null|\s|,)+)\s+\]/g;
  try {
    return JSON.stringify(JSON.parse(text), null, 2).replace(numbers, (_, list) => `[${list.replace(/\s+/g, " ").trim()}]`);
  } catch {
    return text;
  }
}

function command(target, method, body) {
  const quoted = (value) => `'${value.replaceAll("'", "'\\''")}'`;
  const parts = ["curl", method === "get" ? "" : method === "post" ? "" : `-X ${method.toUpperCase()}`, quoted(location.origin + target)];
  if (body !== undefined) parts.push("-H 'Content-Type: application/json'", "-d " + quoted(body));
  return element("pre", { tabindex: "0", "aria-label": "The command" }, parts.filter((part) => part !== "").join(" "));
}
