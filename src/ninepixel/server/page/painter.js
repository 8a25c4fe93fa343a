// The picture: everything soft at a quarter of the size, then the bodies as their nine pixels in one draw call, then sharp marks.

import { Marks, MARK } from "./marks.js";
import { INSTANCE, Instances } from "./pack.js";
import * as shaders from "./shaders.js";
import { clouds, stars } from "./sky.js";

const SOFT = 4; // the soft buffer is so many times smaller
const DIM = 0.25; // what its light is scaled by where it has eight bits only

function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
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
  return { made, at };
}

/** Draws one view of the universe onto a canvas. Make a new one when the context was lost. */
export class Painter {
  /** @throws {Error} when there is no WebGL2 here */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, powerPreference: "high-performance" });
    if (!gl) throw new Error("This browser has no WebGL2, which the view of the universe is drawn with.");
    Object.assign(this, { canvas, gl, instances: new Instances(), marks: new Marks(), drawn: 0 });
    this.deep = gl.getExtension("EXT_color_buffer_half_float") !== null || gl.getExtension("EXT_color_buffer_float") !== null;
    gl.getExtension("OES_texture_float_linear");
    this.nine = program(gl, shaders.NINE_VERT, shaders.NINE_FRAG);
    this.glow = program(gl, shaders.GLOW_VERT, shaders.GLOW_FRAG);
    this.mark = program(gl, shaders.MARK_VERT, shaders.MARK_FRAG);
    this.ground = program(gl, shaders.SCREEN_VERT, shaders.GROUND_FRAG);
    this.composite = program(gl, shaders.SCREEN_VERT, shaders.COMPOSITE_FRAG);
    this.#buffers(gl);
    this.clouds = this.#texture(gl.RG8, 256, 256, gl.RG, gl.UNSIGNED_BYTE, clouds(), gl.REPEAT);
    this.stars = this.#texture(gl.RGBA8, 512, 512, gl.RGBA, gl.UNSIGNED_BYTE, stars(), gl.REPEAT);
    this.soft = gl.createFramebuffer();
    gl.disable(gl.DEPTH_TEST);
  }

  get renderer() {
    const names = this.gl.getExtension("WEBGL_debug_renderer_info");
    return this.gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : this.gl.RENDERER);
  }

  #buffers(gl) {
    const layout = (parts, words) => {
      const vao = gl.createVertexArray(), buffer = gl.createBuffer();
      gl.bindVertexArray(vao);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      let offset = 0;
      parts.forEach(([size, whole], location) => {
        gl.enableVertexAttribArray(location);
        if (whole) gl.vertexAttribIPointer(location, size, gl.UNSIGNED_INT, words * 4, offset);
        else gl.vertexAttribPointer(location, size, gl.FLOAT, false, words * 4, offset);
        gl.vertexAttribDivisor(location, 1);
        offset += size * 4;
      });
      return { vao, buffer };
    };
    this.bodies = layout([[2, false], [2, false], [2, true], [3, true]], INSTANCE);
    this.softMarks = layout([[2, false], [2, false], [4, false]], MARK);
    this.sharpMarks = layout([[2, false], [2, false], [4, false]], MARK);
    this.nothing = gl.createVertexArray();
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

  #fit(width, height) {
    const { gl } = this, small = [Math.max(1, Math.ceil(width / SOFT)), Math.max(1, Math.ceil(height / SOFT))];
    if (this.small?.[0] === small[0] && this.small[1] === small[1]) return;
    gl.deleteTexture(this.softLight ?? null);
    this.small = small;
    this.softLight = this.deep
      ? this.#texture(gl.RGBA16F, ...small, gl.RGBA, gl.HALF_FLOAT, null, gl.CLAMP_TO_EDGE)
      : this.#texture(gl.RGBA8, ...small, gl.RGBA, gl.UNSIGNED_BYTE, null, gl.CLAMP_TO_EDGE);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.soft);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.softLight, 0);
  }

  #upload(target, data, words) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, target.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data.subarray(0, words), gl.STREAM_DRAW);
  }

  #use({ made, at }, size, camera, ratio) {
    const { gl } = this;
    gl.useProgram(made);
    gl.uniform2f(at.per_cell, (2 * camera.scale) / camera.width, (-2 * camera.scale) / camera.height);
    gl.uniform2f(at.size, ...size);
    gl.uniform1f(at.body_px, camera.scale * ratio);
    return at;
  }

  #bind(unit, texture, where) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(where, unit);
  }

  #instanced(target, count) {
    this.gl.bindVertexArray(target.vao);
    this.gl.drawArraysInstanced(this.gl.TRIANGLE_STRIP, 0, 4, count);
  }

  /**
   * One frame.
   * @param {{tracks: Tracks, ground: Ground, camera: Camera, tick: number, picked: number, still: boolean, far: Array}} scene
   * @param {number} ratio device pixels a CSS pixel
   */
  draw(scene, ratio) {
    const { gl, canvas, instances, marks } = this, { camera, tracks, tick } = scene;
    const size = [canvas.width, canvas.height];
    this.#fit(...size);
    this.drawn = instances.fill(tracks, tick, camera);
    marks.fill(tracks, tick, camera, scene);
    this.#upload(this.bodies, instances.words, this.drawn * INSTANCE);
    this.#upload(this.softMarks, marks.soft.data, marks.soft.count * MARK);
    this.#upload(this.sharpMarks, marks.sharp.data, marks.sharp.count * MARK);
    this.#drawSoft(scene, ratio / SOFT);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, ...size);
    this.#drawSky(camera);
    gl.enable(gl.BLEND);
    gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ZERO, gl.ONE);
    this.#use(this.nine, size, camera, ratio);
    this.#instanced(this.bodies, this.drawn);
    gl.blendFunc(gl.ONE, gl.ONE);
    gl.uniform1f(this.#use(this.mark, size, camera, ratio).least, 4);
    this.#instanced(this.sharpMarks, marks.sharp.count);
    gl.disable(gl.BLEND);
    gl.bindVertexArray(null);
  }

  #drawSoft({ ground, camera }, ratio) {
    const { gl, small } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.soft);
    gl.viewport(0, 0, ...small);
    this.#drawGround(ground, camera);
    gl.enable(gl.BLEND);
    if (this.deep) gl.blendFunc(gl.ONE, gl.ONE);
    else {
      gl.blendColor(DIM, DIM, DIM, 1);
      gl.blendFunc(gl.CONSTANT_COLOR, gl.ONE);
    }
    this.#use(this.glow, small, camera, ratio);
    this.#instanced(this.bodies, this.drawn);
    gl.uniform1f(this.#use(this.mark, small, camera, ratio).least, 2);
    this.#instanced(this.softMarks, this.marks.soft.count);
    gl.disable(gl.BLEND);
  }

  #drawGround(ground, camera) {
    const { gl } = this, { made, at } = this.ground;
    gl.useProgram(made);
    gl.bindVertexArray(this.nothing);
    this.#bind(1, this.clouds, at.clouds);
    if (!this.field || ground.dirty) {
      if (this.field) gl.deleteTexture(this.field);
      this.field = this.#texture(gl.RGBA8, ground.side, ground.side, gl.RGBA, gl.UNSIGNED_BYTE, ground.shown, gl.REPEAT);
      ground.dirty = false;
    }
    this.#bind(0, this.field, at.field);
    const { x, y, side, width, height, scale } = camera;
    gl.uniform4f(at.world, width / scale / side / 2, height / scale / side / 2, x / side, y / side);
    gl.uniform2f(at.octaves, ...ground.octaves);
    gl.uniform2f(at.drift, (x / side) * 2, (y / side) * 2);
    gl.uniform2f(at.size, width, height);
    gl.uniform1f(at.fine, Math.min(1, Math.max(0.15, 14 / scale)));
    if (this.deep) return gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.enable(gl.BLEND);
    gl.blendColor(DIM, DIM, DIM, 1);
    gl.blendFunc(gl.CONSTANT_COLOR, gl.ZERO);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.disable(gl.BLEND);
  }

  #drawSky(camera) {
    const { gl } = this, { made, at } = this.composite;
    gl.useProgram(made);
    gl.bindVertexArray(this.nothing);
    this.#bind(0, this.softLight, at.soft);
    this.#bind(1, this.stars, at.stars);
    gl.uniform2f(at.drift, (camera.x / camera.side) * 4, (camera.y / camera.side) * 4);
    gl.uniform2f(at.size, camera.width, camera.height);
    gl.uniform1f(at.gain, this.deep ? 1 : 1 / DIM);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** The colour at a CSS pixel of the frame that was just drawn (in the same task, before the browser takes it away). */
  colourAt(px, py, ratio) {
    const out = new Uint8Array(4);
    this.gl.readPixels(Math.floor(px * ratio), this.canvas.height - 1 - Math.floor(py * ratio), 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, out);
    return [...out.subarray(0, 3)];
  }
}
