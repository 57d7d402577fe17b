// The picture itself can be dragged, or moved with arrow keys: across along direction 1 and up along
// direction 2.

import { END } from "./direction-sliders.js";
import { dragged } from "./latent-state.js";
import { ARROWS } from "../shared/grid-keys.js";

const KEY_STEP = 0.2;

/** @param {import("./explore.js").Explore} explore */
export function wirePictureDrag(explore) {
  const { picture } = explore;
  let from = null;
  picture.onpointerdown = ({ button, pointerId, clientX, clientY }) => {
    if (button || explore.model.dim < 2) return;
    picture.setPointerCapture(pointerId);
    from = { x: clientX, y: clientY, moves: explore.state.moves };
  };
  picture.onpointermove = ({ clientX, clientY }) => {
    if (!from) return;
    const far = (2 * END) / picture.clientWidth;
    explore.set({ moves: dragged(from.moves, (clientX - from.x) * far, (from.y - clientY) * far) });
  };
  picture.onpointerup = picture.onpointercancel = () => {
    if (from) explore.set({}, true);
    from = null;
  };
  picture.onkeydown = (event) => {
    const way = ARROWS[event.key];
    if (!way || explore.model.dim < 2) return;
    event.preventDefault();
    explore.set({ moves: dragged(explore.state.moves, KEY_STEP * way[0], KEY_STEP * way[1]) }, true);
  };
}
