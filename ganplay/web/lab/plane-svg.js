// The plane as a drawing of lines and dots, for print and for taking apart. In it are numbers and
// words of ours, nothing that a visitor wrote.

import { CROSS } from "../shared/pen.js";
import { LONGEST_PULL, MARGIN, keyOf, ticks } from "../shared/plane.js";

const SIDE = 1000;
const DOT = SIDE / 260;

const escaped = (text) => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const short = (value) => String(Math.round(value * 10) / 10);

function axes(extent, palette) {
  const scale = SIDE / (2 * MARGIN * extent), half = SIDE / 2, numbers = ticks(extent);
  const at = (value) => short(value * scale);
  const lines = numbers.map((n) => `M${at(n)} ${-half}V${half}M${-half} ${at(n)}H${half}`).join("");
  const name = (n) => String(n).replace("-", "−");
  const texts = numbers.flatMap((n, i) => [
    `<text x="${at(n)}" y="${half - 8}" text-anchor="middle">${name(n)}</text>`,
    i ? `<text x="${8 - half}" y="${short(6 - n * scale)}">${name(n)}</text>` : "",
  ]);
  return `<path d="${lines}" stroke="${palette.line}" stroke-opacity=".6" fill="none"/>`
    + `<g font-family="system-ui, sans-serif" font-size="17" fill="${palette.text}">${texts.join("")}</g>`;
}

// Cells as the plane shades them: the smaller, the more samples per area, the darker.
function net({ grid, rows, columns }, zoom, palette) {
  const at = (i) => `${short(grid[2 * i] * zoom)} ${short(-grid[2 * i + 1] * zoom)}`;
  const line = (points) => `M${points.map(at).join("L")}`;
  const along = (row) => Array.from({ length: columns }, (_, i) => row * columns + i);
  if (rows === 1) {
    return `<path d="${line(along(0))}" fill="none" stroke="${palette.net}" stroke-opacity=".75" stroke-width="${short(DOT)}"/>`;
  }
  const usual = (SIDE / MARGIN / rows) ** 2, cells = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const a = row * columns + column, b = a + 1, c = b + columns, d = a + columns;
      const across = [grid[2 * c] - grid[2 * a], grid[2 * c + 1] - grid[2 * a + 1]];
      const down = [grid[2 * d] - grid[2 * b], grid[2 * d + 1] - grid[2 * b + 1]];
      const area = (Math.abs(across[0] * down[1] - down[0] * across[1]) / 2) * zoom ** 2;
      const shade = Math.min(0.42, Math.max(0.03, (0.05 * usual) / (area + 1)));
      cells.push(`<path d="${line([a, b, c, d])}Z" fill-opacity="${shade.toFixed(3)}"/>`);
    }
  }
  const lines = [];
  for (let row = 0; row < rows; row++) lines.push(line(along(row)));
  for (let i = 0; i < columns; i++) lines.push(line(Array.from({ length: rows }, (_, row) => row * columns + i)));
  return `<g fill="${palette.net}">${cells.join("")}`
    + `<path d="${lines.join("")}" fill="none" stroke="${palette.net}" stroke-opacity=".28"/></g>`;
}

const discs = (places) => places.map(([x, y]) => `<circle cx="${short(x)}" cy="${short(y)}" r="${short(DOT)}"/>`).join("");

function crosses(places) {
  const arm = CROSS.arm * DOT, [far, back] = [2 * arm, -2 * arm].map(short);
  const one = ([x, y]) => `M${short(x - arm)} ${short(y - arm)}l${far} ${far}m0 ${back}l${back} ${far}`;
  return places.length ? `<path d="${places.map(one).join("")}"/>` : "";
}

// Where a class is picked out, the other classes' points are faint.
function dots(points, labels, chosen, zoom, draw, style) {
  const strong = [], faint = [];
  for (let i = 0; 2 * i < points.length; i++) {
    const other = labels && labels.length && chosen >= 0 && labels[i] !== chosen;
    (other ? faint : strong).push([points[2 * i] * zoom, -points[2 * i + 1] * zoom]);
  }
  const group = (places, opacity) => `<g ${style} opacity="${opacity}">${draw(places)}</g>`;
  return (faint.length ? group(faint, 0.2) : "") + group(strong, 0.85);
}

function pulls(frame, zoom, unit, palette) {
  const reach = (LONGEST_PULL * unit * zoom) / 127, lines = [];
  for (let i = 0; i < frame.pulls.length; i += 2) {
    const [x, y] = [frame.fakes[i] * zoom, -frame.fakes[i + 1] * zoom].map(short);
    lines.push(`M${x} ${y}l${short(frame.pulls[i] * reach)} ${short(-frame.pulls[i + 1] * reach)}`);
  }
  return `<path d="${lines.join("")}" fill="none" stroke="${palette.pull}" stroke-opacity=".55" stroke-width="1.8"/>`;
}

// What the arrows' lengths mean.
function key(arrows, palette) {
  const marks = keyOf(arrows), longest = (LONGEST_PULL * SIDE) / (2 * MARGIN), left = SIDE / 2 - longest - 80, top = SIDE / 2 - 40 - 24 * marks.length;
  const lines = marks.map(({ share }, i) => `M${short(left)} ${short(top + 24 * i)}h${short(share * longest)}`).join("");
  const texts = marks.map(({ size }, i) => `<text x="${SIDE / 2 - 10}" y="${short(top + 24 * i + 6)}" text-anchor="end">${size}</text>`);
  return `<path d="${lines}" stroke="${palette.pull}" stroke-width="2" fill="none"/>`
    + `<g font-family="system-ui, sans-serif" font-size="17" fill="${palette.text}"><text x="${short(left)}" y="${short(top - 18)}">|∇|</text>${texts.join("")}</g>`;
}

// `has(layer)` says what is shown, `label` which class (-1 for all); `map` is D's map as the
// address of an image that holds it, or null.
export function svgOf({ frame, data, palette, has, label, unit, arrows, map, title }) {
  const zoom = SIDE / (2 * MARGIN * unit), half = SIDE / 2, inner = SIDE / MARGIN;
  const parts = [
    `<rect x="${-half}" y="${-half}" width="${SIDE}" height="${SIDE}" fill="${palette.ground}"/>`,
    map && frame.cells && has("map")
    && `<image x="${short(-inner / 2)}" y="${short(-inner / 2)}" width="${short(inner)}" height="${short(inner)}" href="${escaped(map)}"/>`,
    axes(frame.extent, palette),
    frame.rows && has("grid") && net(frame, zoom, palette),
    data && has("real") && dots(data.real, data.labels, label, zoom, discs, `fill="${palette.real}"`),
    frame.pulls.length && has("pull") && pulls(frame, zoom, unit, palette),
    has("fake") && dots(frame.fakes, frame.labels, label, zoom, crosses, `fill="none" stroke="${palette.fake}" stroke-width="${short(CROSS.width * DOT)}"`),
    frame.pulls.length && has("pull") && key(arrows, palette),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-half} ${-half} ${SIDE} ${SIDE}" role="img">`
    + `<title>${escaped(title)}</title>${parts.filter(Boolean).join("")}</svg>\n`;
}
