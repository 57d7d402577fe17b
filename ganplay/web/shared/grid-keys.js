// The place in a grid that a key leads to.

export function step(place, key, columns, count) {
  const to = { ArrowLeft: place - 1, ArrowRight: place + 1, ArrowUp: place - columns, ArrowDown: place + columns, Home: 0, End: count - 1 }[key];
  return to === undefined || to < 0 || to >= count ? place : to;
}

// Ways that arrow keys lead in a plane whose y goes up.
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
