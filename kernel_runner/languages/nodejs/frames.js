// Frames, as kernel_runner/session/frames.py describes them.
'use strict';

const { concat, from } = Buffer;
const bufferFrom = from.bind(Buffer);
const bufferConcat = concat.bind(Buffer);

/** @typedef {{type: string, id: number, fields: Uint8Array[]}} Frame */

/**
 * The bytes of a frame.
 * @param {string} type
 * @param {number} id
 * @param {(string | Uint8Array)[]} fields
 * @returns {Buffer}
 */
function encode(type, id, fields) {
  let header = `${type} ${id}`;
  const parts = [null];
  for (let i = 0; i < fields.length; i++) {
    const part = typeof fields[i] === 'string' ? bufferFrom(fields[i], 'utf8') : fields[i];
    header += ` ${part.byteLength}`;
    parts[i + 1] = part;
  }
  parts[0] = bufferFrom(`${header}\n`, 'latin1');
  return bufferConcat(parts);
}

/** Takes bytes as they arrive, however cut, and gives whole frames. */
class FrameReader {
  #chunks = [];
  #size = 0;
  #wanted = 1;

  /** @param {Buffer} data @returns {Frame[]} */
  feed(data) {
    this.#chunks.push(data);
    this.#size += data.length;
    const frames = [];
    if (this.#size < this.#wanted) return frames;
    let buffer = Buffer.concat(this.#chunks);
    for (let frame; (frame = this.#next(buffer)); buffer = buffer.subarray(frame.length)) {
      frames.push(frame);
    }
    this.#chunks = [buffer];
    this.#size = buffer.length;
    return frames;
  }

  #next(buffer) {
    const end = buffer.indexOf(10);
    this.#wanted = buffer.length + 1;
    if (end < 0) return null;
    const [type, id, ...lengths] = buffer.latin1Slice(0, end).split(' ');
    const length = lengths.reduce((sum, size) => sum + Number(size), end + 1);
    this.#wanted = length;
    if (buffer.length < length) return null;
    let at = end + 1;
    const fields = lengths.map((size) => buffer.subarray(at, (at += Number(size))));
    this.#wanted = 1;
    return { type, id: Number(id), fields, length };
  }
}

module.exports = { encode, FrameReader };
