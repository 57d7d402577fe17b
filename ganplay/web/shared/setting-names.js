// Settings and their values in words.

import { brief, has, t } from "./i18n.js";

const NETS = { generator: "G", discriminator: "D" };

// A field in words, told apart from that of the other net.
export function nameOf({ name, group }) {
  const label = t(`fields.${name}.label`);
  return NETS[group] ? t("pair.of", { name: label, net: NETS[group] }) : label;
}

export function valueOf(name, value) {
  if (typeof value === "boolean") return t(value ? "pair.yes" : "pair.no");
  if (typeof value === "number") return brief(value);
  return has(`choices.${name}.${value}`) ? t(`choices.${name}.${value}`) : String(value);
}
