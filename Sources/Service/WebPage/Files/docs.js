// The contract, rendered: every route with its fields, its examples and a request to try.
import { element } from "./elements.js";
import { text } from "./server.js";
import { parseYAML } from "./yaml.js";
import { fieldRows, prose, resolved } from "./schema.js";
import { scrolling, table } from "./tables.js";
import { trial } from "./trial.js";

let isShown = false;

/** Shows the contract; it is read once. */
export async function show() {
  if (isShown) return;
  const contract = parseYAML(await text("/openapi.yaml"));
  isShown = true;
  const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })));
  document.getElementById("docs-body").replaceChildren(
    element("div", { class: "contract" }, contents(contract, operations),
      element("div", { class: "operations" }, introduction(contract), operations.map((operation) => article(contract, operation)))));
}

function contents(contract, operations) {
  const link = ({ operationId, method, path }) => element("li", {},
    element("a", { href: "#" + operationId, onclick: jump(operationId) }, badge(method), " ", element("span", {}, path)));
  const groups = contract.tags.map(({ name }) => element("li", {}, element("span", { class: "tag" }, name),
    element("ul", {}, operations.filter(({ tags }) => tags[0] === name).map(link))));
  return element("nav", { class: "contents card", "aria-label": "Routes" }, element("ul", {}, groups));
}

/** The fragment stays free for texts. */
function jump(id) {
  return (event) => {
    event.preventDefault();
    const target = document.getElementById("operation-" + id);
    target.scrollIntoView();
    target.focus({ preventScroll: true });
  };
}

function introduction({ info }) {
  return element("div", { class: "card operation" }, element("h2", {}, `${info.title} ${info.version}`), prose(info.description),
    element("p", {}, "The file itself: ", element("a", { href: "/openapi.yaml" }, "/openapi.yaml"), "."));
}

function badge(method) { return element("span", { class: "method " + method }, method.toUpperCase()); }

function article(contract, operation) {
  const { path, method, operationId, summary, description } = operation;
  const title = "title-" + operationId;
  return element("article", { class: "card operation", id: "operation-" + operationId, tabindex: "-1", "aria-labelledby": title },
    element("h2", { id: title }, badge(method), " ", element("code", {}, path)),
    element("p", { class: "lead" }, prose(summary, true)), description ? prose(description) : null,
    element("div", { class: "folds" }, parameters(contract, operation), body(contract, operation), responses(contract, operation)),
    trial(contract, operation));
}

function parameters(contract, { path, parameters: given = [] }) {
  if (given.length === 0) return null;
  const rows = given.map((parameter) => resolved(contract, parameter)).map(({ name, in: place, description, schema }) =>
    [element("code", {}, name), place, prose(description ?? resolved(contract, schema).description ?? "", true)]);
  return folded("Parameters", path, table(["Name", "In", "What"], rows));
}

function body(contract, { path, requestBody }) {
  const schema = resolved(contract, requestBody?.content?.["application/json"]?.schema);
  return schema ? fields(contract, path, "Body", schema) : null;
}

function fields(contract, path, title, schema) {
  const rows = fieldRows(contract, schema).map(({ name, type, what, isRequired }) => [
    [element("code", {}, name), isRequired ? element("span", { class: "required" }, " required") : null], type, prose(what, true),
  ]);
  return folded(title, path, table(["Field", "Type", "What"], rows));
}

function responses(contract, { path, responses: given }) {
  const entries = Object.entries(given).map(([status, response]) => [status, resolved(contract, response)]);
  const success = entries.find(([status]) => status.startsWith("2"))?.[1];
  const answer = resolved(contract, success?.content?.["application/json"]?.schema);
  const rows = entries.map(([status, { description }]) => [status, prose(description ?? "", true)]);
  return [answer ? fields(contract, path, "Answer", answer) : null, folded("Statuses", path, table(["Status", "What"], rows))];
}

function folded(title, path, content) {
  return element("details", {}, element("summary", {}, title), scrolling(`${title} of ${path}`, content));
}
