// What lies behind everything: clouds and stars, computed, tileable, the same in every universe. Decoration, not state.

/** A small generator of chance, the same every time (mulberry32). */
function chance(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Tileable fractal noise, 0..1 and spread evenly: sums of smooth lattices. */
function noise(side, random, fall) {
  const sum = new Float32Array(side * side);
  for (let step = side / 2, power = 1; step >= 1; step /= 2, power *= fall) {
    const cells = side / step, lattice = Float32Array.from({ length: cells * cells }, random);
    for (let y = 0; y < side; y++) {
      const fy = y / step, y0 = Math.floor(fy), sy = (fy - y0) ** 2 * (3 - 2 * (fy - y0)), y1 = (y0 + 1) % cells;
      for (let x = 0; x < side; x++) {
        const fx = x / step, x0 = Math.floor(fx), sx = (fx - x0) ** 2 * (3 - 2 * (fx - x0)), x1 = (x0 + 1) % cells;
        const top = lattice[y0 * cells + x0] * (1 - sx) + lattice[y0 * cells + x1] * sx;
        const low = lattice[y1 * cells + x0] * (1 - sx) + lattice[y1 * cells + x1] * sx;
        sum[y * side + x] += power * (top * (1 - sy) + low * sy);
      }
    }
  }
  const order = Uint32Array.from(sum.keys()).sort((a, b) => sum[a] - sum[b]), even = new Uint8Array(side * side);
  order.forEach((at, rank) => { even[at] = (rank * 255) / (order.length - 1); });
  return even;
}

/** Two independent noises, interleaved: *side* times *side* times two bytes. */
export function clouds(side = 256) {
  const random = chance(9), layers = [noise(side, random, 0.62), noise(side, random, 0.5)];
  return Uint8Array.from({ length: side * side * 2 }, (_, i) => layers[i & 1][i >> 1]);
}

/** Stars as records of four floats (shaders.js); most are faint, a few are not. */
export function stars(number) {
  const random = chance(3);
  return Float32Array.from({ length: number * 4 }, (_, i) => (i % 4 === 2 ? 0.07 + 0.6 * random() ** 5 : random()));
}
