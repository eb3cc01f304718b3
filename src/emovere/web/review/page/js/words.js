// What votes and doubts are called.

/** Of an answer's number: the class of its mark, and its few words. */
export function mark(desk, code, label) {
  const name = desk.settings.categories[code - 1];
  if (code <= desk.settings.choices.length) return name === label ? ["right", "right"] : ["other", name];
  return { rejected: ["wrong", "wrong"], unsure: ["unsure", "unsure"] }[name] ?? ["none", "no face"];
}

/** A doubt in a few words: "label: rather sad". */
export function reasonWords({ reason, label }) {
  const what = reason === "network" ? "the network" : reason;
  return label ? `${what}: rather ${label}` : what;
}

export const counted = (number) => number.toLocaleString("en");
