// What the Lab keeps over a reload, in this tab only.

import { inTab } from "../shared/storage.js";

const NAME = "ganplay.lab";

export function keepLab({ config, rival, speed, playing, stop }) {
  inTab.set(NAME, JSON.stringify({ config, rival, speed, playing, stop }));
}

export function keptLab() {
  try {
    const { config, rival = null, speed = null, playing = true, stop = null } = JSON.parse(inTab.get(NAME) || "{}");
    return config ? { config, rival, speed, playing, stop } : {};
  } catch {
    inTab.remove(NAME);
    return {};
  }
}
