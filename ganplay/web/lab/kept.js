// What the Lab keeps over a reload, in this tab only.

import { keep, kept } from "../shared/files.js";
import { inTab } from "../shared/storage.js";

const NAME = "ganplay.lab";

export function keepLab({ config, rival, speed, playing, stop }) {
  keep(NAME, { config, rival, speed, playing, stop }, inTab);
}

export function keptLab() {
  const { config, rival = null, speed = null, playing = true, stop = null } = kept(NAME, inTab) || {};
  return config ? { config, rival, speed, playing, stop } : {};
}
