// Bytes of pictures as they come from the server, put on canvases as they are.

// One picture of several as RGBA; shape is (n, c, h, w).
export function rgba(pixels, [, c, h, w], place = 0) {
  const area = h * w, from = place * c * area, out = new Uint8ClampedArray(4 * area);
  for (let i = 0; i < area; i++) {
    for (let k = 0; k < 3; k++) out[4 * i + k] = pixels[from + (c === 3 ? k * area : 0) + i];
    out[4 * i + 3] = 255;
  }
  return out;
}

export function paint(canvas, pixels, shape, place = 0) {
  const [, , h, w] = shape;
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  canvas.getContext("2d").putImageData(new ImageData(rgba(pixels, shape, place), w, h), 0, 0);
}

// One picture's own bytes, to be kept.
export function cut(pixels, [, c, h, w], place = 0) {
  return { pixels: pixels.slice(place * c * h * w, (place + 1) * c * h * w), shape: [1, c, h, w] };
}
