// The picture: everything soft at a quarter of the size, then stars, all bodies as their nine pixels in one draw call, and sharp marks.

import { Marks, MARK } from "./marks.js";
import { RECORD, Records } from "./pack.js";
import * as shaders from "./shaders.js";
import { clouds, stars } from "./sky.js";

const SOFT = 4, LEAST_SOFT = 2.5; // the soft buffer is so many times smaller; less when the rest is coarse already
const RECORDS_ACROSS = 256; // in a row of a texture
const GLOWING = 700; // with more bodies than this, a slow machine gives no glow to motes
const LARGEST_POINT = 16; // pixels
const STARS = 220; // on the screen
const DIM = 0.25; // what its light is scaled by where it has eight bits only

const AS_POINTS = "#version 300 es\n#define POINTS\n";

function program(gl, vertex, fragment, points = false) {
  const made = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, points ? source.replace("#version 300 es\n", AS_POINTS) : source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost())
      throw new Error(`a shader does not compile here: ${gl.getShaderInfoLog(shader)}`);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(`shaders do not link here: ${gl.getProgramInfoLog(made)}`);
  const at = {};
  for (let i = 0; i < gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS); i++) {
    const { name } = gl.getActiveUniform(made, i);
    at[name] = gl.getUniformLocation(made, name);
  }
  return { made, at, points };
}

/** Records of a few texels each, for shaders to fetch. */
class RecordTexture {
  constructor(gl, texels) {
    Object.assign(this, { gl, texels, count: 0, high: 0, texture: gl.createTexture() });
  }

  upload(words, count) {
    const { gl, texels } = this, wide = RECORDS_ACROSS * texels, rows = Math.ceil(count / RECORDS_ACROSS);
    this.count = count;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    if (rows > this.high || !this.high) {
      this.high = Math.max(8, rows * 2);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32UI, wide, this.high, 0, gl.RGBA_INTEGER, gl.UNSIGNED_INT, null);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    }
    if (rows) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, wide, rows, gl.RGBA_INTEGER, gl.UNSIGNED_INT, words);
  }

  bind(unit, where) {
    this.gl.activeTexture(this.gl.TEXTURE0 + unit);
    this.gl.bindTexture(this.gl.TEXTURE_2D, this.texture);
    this.gl.uniform1i(where, unit);
  }
}

/** Draws one view of the universe onto a canvas. Make a new one when the context was lost. */
export class Painter {
  /** @throws {Error} when there is no WebGL2 here */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, powerPreference: "high-performance" });
    if (!gl) throw new Error("This browser has no WebGL2, which the view of the universe is drawn with.");
    Object.assign(this, { canvas, gl, records: new Records(), marks: new Marks(), drawn: 0 });
    this.deep = gl.getExtension("EXT_color_buffer_half_float") !== null || gl.getExtension("EXT_color_buffer_float") !== null;
    // Small bodies are points: a point is drawn or not by its middle, which shows at the edge of the screen when it is large.
    [this.nine, this.ninePoints] = [false, true].map((points) => program(gl, shaders.NINE_VERT, shaders.NINE_FRAG, points));
    [this.glow, this.glowPoints] = [false, true].map((points) => program(gl, shaders.GLOW_VERT, shaders.GLOW_FRAG, points));
    this.mark = program(gl, shaders.MARK_VERT, shaders.MARK_FRAG);
    this.ground = program(gl, shaders.SCREEN_VERT, shaders.GROUND_FRAG);
    this.tone = program(gl, shaders.SCREEN_VERT, shaders.TONE_FRAG);
    this.star = program(gl, shaders.STAR_VERT, shaders.GLOW_FRAG);
    this.bodies = new RecordTexture(gl, RECORD / 4);
    this.softMarks = new RecordTexture(gl, MARK / 4);
    this.sharpMarks = new RecordTexture(gl, MARK / 4);
    this.nothing = gl.createVertexArray();
    this.clouds = this.#texture(gl.RG8, 256, 256, gl.RG, gl.UNSIGNED_BYTE, clouds(), gl.REPEAT);
    this.stars = new RecordTexture(gl, 1);
    this.stars.upload(new Uint32Array(stars(RECORDS_ACROSS).buffer), STARS);
    [this.soft, this.toned] = [gl.createFramebuffer(), gl.createFramebuffer()];
    gl.disable(gl.DEPTH_TEST);
  }

  get renderer() {
    const names = this.gl.getExtension("WEBGL_debug_renderer_info");
    return this.gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : this.gl.RENDERER);
  }

  #texture(inner, width, height, format, type, data, wrap) {
    const { gl } = this, texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, inner, width, height, 0, format, type, data);
    for (const [name, value] of [["MIN_FILTER", gl.LINEAR], ["MAG_FILTER", gl.LINEAR], ["WRAP_S", wrap], ["WRAP_T", wrap]])
      gl.texParameteri(gl.TEXTURE_2D, gl[`TEXTURE_${name}`], value);
    return texture;
  }

  #fit(width, height, soft) {
    const { gl } = this, small = [Math.max(1, Math.ceil(width / soft)), Math.max(1, Math.ceil(height / soft))];
    if (this.small?.[0] === small[0] && this.small[1] === small[1]) return;
    for (const texture of [this.softLight, this.tonedLight]) gl.deleteTexture(texture ?? null);
    this.small = small;
    this.tonedLight = this.#texture(gl.RGBA8, ...small, gl.RGBA, gl.UNSIGNED_BYTE, null, gl.CLAMP_TO_EDGE);
    this.softLight = this.deep
      ? this.#texture(gl.RGBA16F, ...small, gl.RGBA, gl.HALF_FLOAT, null, gl.CLAMP_TO_EDGE)
      : this.#texture(gl.RGBA8, ...small, gl.RGBA, gl.UNSIGNED_BYTE, null, gl.CLAMP_TO_EDGE);
    for (const [frame, texture] of [[this.soft, this.softLight], [this.toned, this.tonedLight]]) {
      gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    }
  }

  #use(shader, size, camera, ratio) {
    const { gl } = this, { made, at } = shader;
    gl.useProgram(made);
    gl.uniform2f(at.per_cell, (2 * camera.scale) / camera.width, (-2 * camera.scale) / camera.height);
    gl.uniform2f(at.size, ...size);
    gl.uniform1f(at.body_px, camera.scale * ratio);
    return shader;
  }

  #bind(unit, texture, where) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(where, unit);
  }

  #draw(records, { at, points }, first = 0) {
    const { gl } = this, each = points ? 1 : 3;
    records.bind(0, at.records);
    gl.bindVertexArray(this.nothing);
    if (records.count > first) gl.drawArrays(points ? gl.POINTS : gl.TRIANGLES, each * first, each * (records.count - first));
  }

  /**
   * One frame.
   * @param {{tracks: Tracks, ground: Ground, camera: Camera, tick: number, picked: number, still: boolean, quality: number, far: Array}} scene
   * @param {number} ratio device pixels a CSS pixel
   */
  draw(scene, ratio) {
    const { gl, canvas, records, marks } = this, { camera, tracks, tick } = scene;
    const size = [canvas.width, canvas.height];
    const soft = Math.max(LEAST_SOFT, SOFT * scene.quality);
    this.#fit(...size, soft);
    this.drawn = records.fill(tracks, tick, camera);
    marks.fill(tracks, tick, camera, scene);
    this.bodies.upload(records.words, this.drawn);
    this.softMarks.upload(marks.soft.words, marks.soft.count);
    this.sharpMarks.upload(marks.sharp.words, marks.sharp.count);
    const eye = `${camera.x} ${camera.y} ${camera.cells} ${size}`;
    this.kept = scene.quality < 1 && !this.kept && eye === this.eye; // light glides: a slow machine that looks at one place draws it every other time
    this.eye = eye;
    if (!this.kept) this.#drawSoft(scene, ratio / soft);
    this.#spread(size);
    gl.viewport(0, 0, ...size);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE);
    const far = this.#use(this.star, size, camera, ratio);
    gl.uniform2f(far.at.drift, (camera.x / camera.side) * 2, (camera.y / camera.side) * 2);
    this.#draw(this.stars, far);
    gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ZERO, gl.ONE);
    this.#draw(this.bodies, this.#use(camera.scale * ratio < LARGEST_POINT ? this.ninePoints : this.nine, size, camera, ratio));
    gl.blendFunc(gl.ONE, gl.ONE);
    const mark = this.#use(this.mark, size, camera, ratio);
    gl.uniform1f(mark.at.least, 4);
    this.#draw(this.sharpMarks, mark);
    gl.disable(gl.BLEND);
    gl.bindVertexArray(null);
  }

  #drawSoft({ ground, camera, quality }, ratio) {
    const { gl, small } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.soft);
    gl.viewport(0, 0, ...small);
    this.#drawGround(ground, camera);
    const spare = quality < 1 && this.drawn > GLOWING; // every glow is a primitive more
    gl.enable(gl.BLEND);
    if (this.deep) gl.blendFunc(gl.ONE, gl.ONE);
    else {
      gl.blendColor(DIM, DIM, DIM, 1);
      gl.blendFunc(gl.CONSTANT_COLOR, gl.ONE);
    }
    this.#draw(this.bodies, this.#use(camera.scale * ratio < LARGEST_POINT ? this.glowPoints : this.glow, small, camera, ratio), spare ? this.records.motes : 0);
    const mark = this.#use(this.mark, small, camera, ratio);
    gl.uniform1f(mark.at.least, 2);
    this.#draw(this.softMarks, mark);
    gl.disable(gl.BLEND);
    this.#drawTone();
  }

  #drawGround(ground, camera) {
    const { gl } = this, { made, at } = this.ground;
    gl.useProgram(made);
    gl.bindVertexArray(this.nothing);
    this.#bind(1, this.clouds, at.clouds);
    if (!this.field || this.fieldOf !== ground) {
      gl.deleteTexture(this.field ?? null);
      this.field = this.#texture(gl.RGBA16F, ground.side, ground.side, gl.RGBA, gl.FLOAT, ground.shown, gl.REPEAT);
      this.fieldOf = ground;
    }
    this.#bind(0, this.field, at.field);
    if (ground.dirty) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, ground.side, ground.side, gl.RGBA, gl.FLOAT, ground.shown);
    ground.dirty = false;
    const { x, y, side, width, height, scale } = camera;
    gl.uniform4f(at.world, width / scale / side / 2, height / scale / side / 2, x / side, y / side);
    gl.uniform2f(at.octaves, ...ground.octaves);
    gl.uniform2f(at.drift, (x / side) * 2, (y / side) * 2);
    gl.uniform2f(at.size, width, height);
    gl.uniform1f(at.strength, 0.85 - 0.45 * Math.min(1, Math.max(0, (scale - 3) / 9)));
    gl.uniform1f(at.fine, Math.min(1, Math.max(0.15, 14 / scale)));
    if (this.deep) return gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.enable(gl.BLEND);
    gl.blendColor(DIM, DIM, DIM, 1);
    gl.blendFunc(gl.CONSTANT_COLOR, gl.ZERO);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.disable(gl.BLEND);
  }

  /** Bring the soft light into eight bits. */
  #drawTone() {
    const { gl } = this, { made, at } = this.tone;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.toned);
    gl.useProgram(made);
    gl.bindVertexArray(this.nothing);
    this.#bind(0, this.softLight, at.soft);
    gl.uniform1f(at.gain, this.deep ? 1 : 1 / DIM);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** The light over the whole screen: the ground on which the rest is drawn. */
  #spread(size) {
    const { gl, small } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.clear(gl.COLOR_BUFFER_BIT); // browsers clear a fresh frame at its first draw, which a blit is not: it would be wiped away
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.toned);
    gl.blitFramebuffer(0, 0, ...small, 0, 0, ...size, gl.COLOR_BUFFER_BIT, gl.LINEAR);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  /** The colour at a CSS pixel of the frame that was just drawn (in the same task, before the browser takes it away). */
  colourAt(px, py, ratio) {
    const out = new Uint8Array(4);
    this.gl.readPixels(Math.floor(px * ratio), this.canvas.height - 1 - Math.floor(py * ratio), 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, out);
    return [...out.subarray(0, 3)];
  }
}
