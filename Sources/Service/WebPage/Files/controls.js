// The controls beside the text: models, method, options. Each slider has a field for the exact number.
import { element } from "./elements.js";

const at = (id) => document.getElementById(id);

/** What the server takes where a request says nothing. */
export const usual = { weighting: "remit", epsilon: 0.2, centering: "sequence", keepFraction: 0.6 };

const hints = {
  remit: "w = clip(2 σ(δ − mean δ), 1 − ε, 1 + ε)\nδ = log p teacher − log p student",
  "remit-static": "as remit, against the base on the server",
  rho1: "1 for the tokens with the largest δ, 0 for the rest",
  ntp: "1 for every token: plain next-token prediction",
};

let isBaseHeld = false;

/** Fills in the models that the server has; `onChange` hears of every change that weights follow. */
export function prepare(served, onChange) {
  const ready = served.teachers.filter(({ state }) => state === "ready");
  const option = ({ name, is_default: isDefault }) =>
    element("option", { value: name, selected: isDefault }, isDefault && ready.length > 1 ? `${name} (default)` : name);
  at("teacher").replaceChildren(...ready.map(option));
  at("second").append(...ready.map(({ name }) => element("option", { value: name }, name)));
  at("second").disabled = ready.length < 2;
  const base = served.models.find(({ role }) => role === "base");
  isBaseHeld = base !== undefined;
  at("student-base").disabled = !isBaseHeld;
  at("base-name").textContent = isBaseHeld ? "the base on the server" : "the server holds no base";
  if (!isBaseHeld) at("student-base").checked = false;
  for (const [slider, field] of [["epsilon", "epsilon-number"], ["keep", "keep-number"]]) {
    at(slider).addEventListener("input", () => {
      at(field).value = at(slider).value;
      onChange();
    });
    at(field).addEventListener("input", () => {
      if (!at(field).checkValidity() || at(field).value === "") return;
      at(slider).value = at(field).value;
      onChange();
    });
  }
  for (const control of [at("weighting"), at("colour"), ...document.getElementsByName("centering")]) {
    control.addEventListener("change", onChange);
  }
}

/** Whether the server holds a base, which stands for the student. */
export function hasBase() { return isBaseHeld; }

/** The options as they are set. */
export function options() {
  const isNumber = (field) => at(field).checkValidity() && at(field).value !== "";
  const number = (field, slider) => Number(at(isNumber(field) ? field : slider).value);
  return {
    weighting: at("weighting").value, epsilon: number("epsilon-number", "epsilon"), keepFraction: number("keep-number", "keep"),
    centering: [...document.getElementsByName("centering")].find(({ checked }) => checked).value, colour: at("colour").value,
  };
}

/** Sets those options that are given. */
export function set(given) {
  if (given.weighting) at("weighting").value = given.weighting;
  for (const [option, slider, field] of [["epsilon", "epsilon", "epsilon-number"], ["keepFraction", "keep", "keep-number"]]) {
    if (given[option] !== undefined) at(slider).value = at(field).value = String(given[option]);
  }
  for (const choice of document.getElementsByName("centering")) if (choice.value === given.centering) choice.checked = true;
}

/** Shows the options that the method has, and says what it does. `isFile`: the student is not the base. */
export function follow({ weighting }, isFile) {
  const isCentred = weighting.startsWith("remit");
  at("epsilon-field").hidden = at("centering-field").hidden = !isCentred;
  at("keep-field").hidden = weighting !== "rho1";
  at("method-hint").textContent = hints[weighting];
  at("weighting").querySelector("[value=remit-static]").disabled = isFile || !isBaseHeld;
  if (isFile && weighting === "remit-static") {
    at("weighting").value = "remit";
    at("method-hint").textContent = hints.remit;
  }
}

/** The options in one line, for a picture. */
export function summary(student) {
  const { weighting, epsilon, centering, keepFraction } = options();
  const parts = [weighting];
  if (weighting.startsWith("remit")) parts.push(`ε ${epsilon}`, `mean over the ${centering}`);
  if (weighting === "rho1") parts.push(`${keepFraction} kept`);
  return `${parts.join(", ")}; student: ${student}`;
}
