// Unpacks what `ganplay.frames.pack` packs: little-endian, a header, then what needs aligning first.

const HEADER_BYTES = 60;

export function decode(buffer, schema) {
  const view = new DataView(buffer);
  if (view.getUint8(0) !== 0x47 || view.getUint8(1) !== 0x50) throw new Error("not a frame");
  if (view.getUint8(2) !== schema.version) throw new Error("frame of another version");
  const flags = view.getUint8(3);
  const whole = (i) => view.getUint32(4 + 4 * i, true);
  const real = (i) => view.getFloat32(24 + 4 * i, true);
  const extent = real(1);
  const fakes = view.getUint16(52, true), pulls = view.getUint16(54, true);
  const [cells, rows, columns, metricCount] = [56, 57, 58, 59].map((at) => view.getUint8(at));

  let at = HEADER_BYTES;
  const take = (Type, count) => {
    const part = new Type(buffer, at, count);
    at += part.byteLength;
    return part;
  };
  const metrics = {};
  take(Float32Array, metricCount).forEach((value, i) => { metrics[schema.metrics[i]] = value; });
  const frame = {
    playing: Boolean(flags & schema.flags.playing),
    diverged: Boolean(flags & schema.flags.diverged),
    catchingUp: Boolean(flags & schema.flags.catching_up),
    run: whole(0), step: whole(1), updatesD: whole(2), updatesG: whole(3), applied: whole(4),
    rate: real(0), extent, low: real(2), high: real(3), pullScale: real(4), probe: real(5),
    measuredAt: real(6), metrics, cells, rows, columns,
    // Coordinates in units of the view's half-width divided by `schema.unit`.
    fakes: take(Int16Array, 2 * fakes),
    grid: take(Int16Array, 2 * rows * columns),
    pulls: take(Int8Array, 2 * pulls),
    map: take(Uint8Array, cells * cells),
    labels: null,
  };
  if (flags & schema.flags.labels) frame.labels = take(Uint8Array, fakes);
  if (at !== buffer.byteLength) throw new Error(`frame of ${buffer.byteLength} bytes, ${at} expected`);
  return frame;
}
