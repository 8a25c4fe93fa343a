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

/**
 * Tileable fractal noise without a direction, spread evenly over 0 .. 255: a sum of waves whose lengths divide the side. The larger
 * *slope*, the softer.
 */
function noise(side, random, slope, waves = 240) {
  const sum = new Float32Array(side * side);
  for (let i = 0; i < waves; i++) {
    const radius = (side / 5) ** random(), angle = random() * 2 * Math.PI, phase = random() * 2 * Math.PI;
    const kx = Math.round(radius * Math.cos(angle)), ky = Math.round(radius * Math.sin(angle));
    if (!kx && !ky) continue;
    const power = Math.hypot(kx, ky) ** (1 - slope), turn = (2 * Math.PI) / side, cos = Math.cos(turn * kx), sin = Math.sin(turn * kx);
    for (let y = 0; y < side; y++) {
      let re = power * Math.cos(turn * ky * y + phase), im = power * Math.sin(turn * ky * y + phase);
      for (let x = 0; x < side; x++) { // each step to the right turns the wave by the same angle
        sum[y * side + x] += re;
        [re, im] = [re * cos - im * sin, re * sin + im * cos];
      }
    }
  }
  const order = Uint32Array.from(sum.keys()).sort((a, b) => sum[a] - sum[b]), even = new Uint8Array(side * side);
  order.forEach((at, rank) => { even[at] = (rank * 255) / (order.length - 1); });
  return even;
}

/** Two independent noises, interleaved: *side* times *side* times two bytes. */
export function clouds(side = 256) {
  const random = chance(9), layers = [noise(side, random, 1.55), noise(side, random, 1.85)];
  return Uint8Array.from({ length: side * side * 2 }, (_, i) => layers[i & 1][i >> 1]);
}

/** Stars as records of four floats (shaders.js); most are faint, a few are not. */
export function stars(number) {
  const random = chance(3);
  return Float32Array.from({ length: number * 4 }, (_, i) => (i % 4 === 2 ? 0.07 + 0.6 * random() ** 5 : random()));
}
