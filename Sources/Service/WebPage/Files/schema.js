// Schemas of the contract as rows of a table, and its prose as paragraphs.
import { element } from "./elements.js";

/** A node of the contract with its references followed; what stands beside a reference wins. */
export function resolved(contract, node) {
  if (node === undefined || node === null || node.$ref === undefined) return node;
  const found = node.$ref.replace(/^#\//, "").split("/").reduce((place, name) => place[name], contract);
  const { $ref: _, ...beside } = node;
  return { ...resolved(contract, found), ...beside };
}

/** Every field below a schema: `name` as a path, `type`, `what`, `isRequired`. */
export function fieldRows(contract, schema, prefix = "", depth = 0) {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, given]) => {
    const field = resolved(contract, given);
    const items = resolved(contract, field.items);
    const row = { name: prefix + name, type: typeOf(contract, field), what: whatOf(field), isRequired: required.includes(name) };
    const inner = field.properties ? [field, "."] : items?.properties ? [items, "[]."] : null;
    return [row, ...(inner !== null && depth < 3 ? fieldRows(contract, inner[0], prefix + name + inner[1], depth + 1) : [])];
  });
}

function typeOf(contract, field) {
  if (field.enum) return field.enum.map((word) => JSON.stringify(word)).join(" | ");
  const types = [field.type ?? "any"].flat().join(" or ");
  return field.items ? `${types} of ${typeOf(contract, resolved(contract, field.items))}` : types;
}

function whatOf({ description = "", minimum, exclusiveMinimum, maximum, default: usual, pattern }) {
  const facts = [];
  if (exclusiveMinimum !== undefined) facts.push(`above ${exclusiveMinimum}`);
  if (minimum !== undefined) facts.push(`at least ${minimum}`);
  if (maximum !== undefined) facts.push(`at most ${maximum}`);
  if (usual !== undefined) facts.push(`default \`${JSON.stringify(usual)}\``);
  if (pattern !== undefined && description === "") facts.push(`as \`${pattern}\``);
  const sentence = facts.join(", ");
  return [description, sentence === "" ? "" : sentence[0].toUpperCase() + sentence.slice(1) + "."].filter((part) => part !== "").join(" ");
}

/** Prose with `code` and indented blocks; `isInline`: one run of text without paragraphs. */
export function prose(text, isInline = false) {
  if (isInline) return element("span", {}, coded(text));
  return element("div", { class: "prose" }, text.trim().split(/\n\n+/).map((part) =>
    part.startsWith("    ") ? element("pre", { tabindex: "0" }, part.replace(/^ {4}/gm, "")) : element("p", {}, coded(part))));
}

function coded(text) {
  return text.split(/`([^`]+)`/).map((part, index) => index % 2 === 1 ? element("code", {}, part) : part);
}
