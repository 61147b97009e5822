// The link that holds a text and its options in the fragment, which a browser sends to nobody.

const names = { weighting: "weighting", epsilon: "epsilon", centering: "centering", keepFraction: "keep_fraction" };

/** The address of this page with the text and those options that are not the usual ones. */
export function linkTo({ text, isParted }, options, usual) {
  const fields = new URLSearchParams();
  for (const [option, name] of Object.entries(names)) {
    if (options[option] !== usual[option]) fields.set(name, String(options[option]));
  }
  if (isParted) fields.set("documents", "parted");
  fields.set("text", text);
  return location.origin + "/#" + fields;
}

/** The text and options of a fragment; null where it has none. What is out of range is left out. */
export function linked(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  if (!fields.has("text")) return null;
  const options = {};
  if (["remit", "remit-static", "rho1", "ntp"].includes(fields.get("weighting"))) options.weighting = fields.get("weighting");
  if (["sequence", "document"].includes(fields.get("centering"))) options.centering = fields.get("centering");
  for (const option of ["epsilon", "keepFraction"]) {
    const value = Number(fields.get(names[option]));
    if (fields.has(names[option]) && value >= 0 && value <= 1 && (value > 0 || option === "epsilon")) options[option] = value;
  }
  return { text: fields.get("text"), isParted: fields.get("documents") === "parted", options };
}
