// Unpacks what `ganplay.frames.pack` packs: little-endian, a header, a table of sections, and these.

const HEADER_BYTES = 52, ENTRY_BYTES = 8;
const TYPES = [Float32Array, Int16Array, Int8Array, Uint8Array, Uint16Array];

// A buffer of its own, in which everything stands where it can be read.
const copied = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

export function decode(buffer, schema) {
  const view = new DataView(buffer);
  if (view.getUint8(0) !== 0x47 || view.getUint8(1) !== 0x50) throw new Error("not a frame");
  if (view.getUint8(2) !== schema.version) throw new Error("frame of another version");
  const flags = view.getUint8(3);
  const whole = (i) => view.getUint32(4 + 4 * i, true);
  const real = (i) => view.getFloat32(24 + 4 * i, true);

  const count = view.getUint32(48, true);
  let at = HEADER_BYTES + count * ENTRY_BYTES;
  const parts = {}, columns = {};
  for (let i = 0; i < count; i++) {
    const entry = HEADER_BYTES + i * ENTRY_BYTES;
    const name = schema.sections[view.getUint8(entry)];
    parts[name] = new TYPES[view.getUint8(entry + 1)](buffer, at, view.getUint32(entry + 4, true));
    columns[name] = view.getUint16(entry + 2, true);
    at += parts[name].byteLength;
  }
  if (at !== buffer.byteLength) throw new Error(`frame of ${buffer.byteLength} bytes, ${at} expected`);
  const metrics = {};
  (parts.metrics || []).forEach((value, i) => { metrics[schema.metrics[i]] = value; });
  const none = new Int16Array(0);
  const [kind, since, ...evidence] = parts.diagnosis || [0, 0];
  return {
    playing: Boolean(flags & schema.flags.playing),
    diverged: Boolean(flags & schema.flags.diverged),
    catchingUp: Boolean(flags & schema.flags.catching_up),
    run: whole(0), step: whole(1), updatesD: whole(2), updatesG: whole(3), applied: whole(4),
    rate: real(0), extent: real(1), low: real(2), high: real(3), probe: real(4),
    measuredAt: real(5), metrics,
    cells: columns.map || 0, columns: columns.grid || 0,
    rows: parts.grid ? parts.grid.length / 2 / columns.grid : 0,
    // Coordinates in units of the view's half-width divided by `schema.unit`.
    fakes: parts.fakes || none, grid: parts.grid || none, pulls: parts.pulls || none,
    map: parts.map || none, labels: parts.labels || null,
    verdicts: parts.verdicts || null, bins: columns.verdicts || 0,
    units: parts.units || null, weights: parts.weights || null,
    unit: parts.unit || null, unitCells: columns.unit || 0, unitSize: parts.unit_size ? parts.unit_size[0] : 0,
    diagnosis: {
      kind: schema.kinds[kind], since, missing: [...(parts.missing || [])],
      ...Object.fromEntries(evidence.map((value, i) => [schema.evidence[i], value])),
    },
    norms: { d: parts.norms_d || none, g: parts.norms_g || none },
    rival: parts.rival ? decode(copied(parts.rival), schema) : null,
  };
}
