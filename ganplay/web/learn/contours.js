// Lines of equal height through a square of values (marching squares).

// Segments [x0, y0, x1, y1] where the values, n x n row by row, cross a level; in units of cells,
// the middle of the first one being (0, 0).
export function contour(values, n, level) {
  const segments = [], cross = (a, b) => (level - a) / (b - a);
  for (let row = 0; row + 1 < n; row++) {
    for (let column = 0; column + 1 < n; column++) {
      const i = row * n + column, [a, b, c, d] = [values[i], values[i + 1], values[i + n + 1], values[i + n]];
      const ends = [];
      if (a < level !== b < level) ends.push([column + cross(a, b), row]);
      if (b < level !== c < level) ends.push([column + 1, row + cross(b, c)]);
      if (d < level !== c < level) ends.push([column + cross(d, c), row + 1]);
      if (a < level !== d < level) ends.push([column, row + cross(a, d)]);
      for (let k = 0; k + 1 < ends.length; k += 2) segments.push([...ends[k], ...ends[k + 1]]);
    }
  }
  return segments;
}
