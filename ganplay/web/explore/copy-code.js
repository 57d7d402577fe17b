// The present state as something to paste elsewhere, which gives the same picture there.

export function pythonOf(text, { name }) {
  return [
    "import ganplay", "",
    `model = ganplay.load("${name}")`,
    `state, _ = ganplay.read_state("${text}", "${name}", model.space)`,
    "picture = model.render([state])[0]  # uint8, (c, h, w)", "",
  ].join("\n");
}

export const commandOf = (text) => `ganplay sample --state "${text}" --out picture.png`;
