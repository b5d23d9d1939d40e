// What cells print, on its way from the main thread to the terminal.
//
// A write to a terminal costs more than all the rest of a console.log(). So the main thread leaves the
// text in a ring of shared memory, and the reader thread writes it out: the first line at once, and
// while there are more, what has come together every few milliseconds. It does so while the main
// thread computes or sleeps, too, and before it acts on anything else that the main thread asks for.
// flush() waits for it, for what goes around the ring: stderr, children, the end.
//
// The main thread may be killed between any two instructions: text is in the ring once HEAD says so,
// and all else comes right with the next message.
'use strict';

const fs = require('fs');

const { writeSync } = fs;
const { load, notify, store, wait } = Atomics;
const bufferFrom = Buffer.from.bind(Buffer);

const SIZE = 1 << 16; // bytes; a power of two
const INTERVAL = 5; // milliseconds
const RETRY = 1; // milliseconds, where the terminal is full
/** Counters of bytes that were put in and taken out, which overflow; and whether the reader comes by itself. */
const [HEAD, TAIL, STATE] = [0, 1, 2];
const [ASLEEP, AWAKE, CALLED] = [0, 1, 2];

/**
 * A ring, for both threads.
 * @param {number} fd where it ends; non-blocking, for the reader thread must not wait
 */
function createRing(fd) {
  const control = new Int32Array(new SharedArrayBuffer(3 * 4));
  return { fd, control, bytes: new Uint8Array(new SharedArrayBuffer(SIZE)) };
}

/** Writes out what there is; false where the terminal takes no more for now. */
function drain({ fd, control, bytes }) {
  for (;;) {
    const tail = load(control, TAIL);
    const size = (load(control, HEAD) - tail) | 0;
    if (size === 0) return true;
    const at = tail & (SIZE - 1);
    let written = size;
    try {
      written = writeSync(fd, bytes, at, Math.min(size, SIZE - at));
    } catch (error) {
      if (error.code === 'EAGAIN') return false;
      // Nobody reads it any more.
    }
    store(control, TAIL, (tail + written) | 0);
    notify(control, TAIL);
  }
}

/** The main thread's end. */
class Printer {
  #control;
  #buffer;
  #call;

  /** @param {() => void} call wakes the reader thread */
  constructor({ control, bytes }, call) {
    this.#control = control;
    this.#buffer = bufferFrom(bytes.buffer);
    this.#call = call;
  }

  /** Puts all of `chunk` in, in one step unless it is longer than the ring; waits where there is no room. */
  write(chunk, encoding) {
    let bytes = chunk;
    if (typeof chunk === 'string') {
      if (encoding === 'utf8' && this.#putText(chunk)) return;
      bytes = bufferFrom(chunk, encoding);
    } else if (!(chunk instanceof Uint8Array)) {
      bytes = bufferFrom(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
    for (let done = 0; done < bytes.length; done += SIZE) this.#put(bytes.subarray(done, done + SIZE));
  }

  /** Returns when all is written. */
  flush() {
    const head = load(this.#control, HEAD);
    for (let tail; (tail = load(this.#control, TAIL)) !== head; ) this.#waitFrom(tail);
  }

  /** Puts a text in, without a copy in between, if it surely fits before the ring's end. */
  #putText(text) {
    const control = this.#control;
    const head = load(control, HEAD);
    const at = head & (SIZE - 1);
    const used = (head - load(control, TAIL)) | 0;
    if (text.length * 3 > Math.min(SIZE - used, SIZE - at)) return false;
    this.#commit(head, used, this.#buffer.write(text, at, 'utf8'));
    return true;
  }

  #put(piece) {
    const control = this.#control;
    const head = load(control, HEAD);
    const at = head & (SIZE - 1);
    let tail = load(control, TAIL);
    for (; ((head - tail) | 0) + piece.length > SIZE; tail = load(control, TAIL)) this.#waitFrom(tail);
    const end = Math.min(piece.length, SIZE - at);
    this.#buffer.set(piece.subarray(0, end), at);
    this.#buffer.set(piece.subarray(end), 0);
    this.#commit(head, (head - tail) | 0, piece.length);
  }

  #commit(head, used, size) {
    const control = this.#control;
    store(control, HEAD, (head + size) | 0);
    const state = load(control, STATE);
    if (state === ASLEEP || (state === AWAKE && used + size > SIZE / 2)) {
      store(control, STATE, CALLED);
      this.#call();
    }
  }

  #waitFrom(tail) {
    this.#call();
    wait(this.#control, TAIL, tail, 1000);
  }
}

/** The reader thread's end. */
class Writer {
  #ring;
  #timer = null;
  #waiting = [];
  #isHurried;

  /** @param {() => boolean} isHurried whether all is to be written at once, without a timer */
  constructor(ring, isHurried) {
    this.#ring = ring;
    this.#isHurried = isHurried;
  }

  /** Does what the main thread asks for when all is written that it printed before. */
  then(act) {
    this.#waiting.push(act);
    this.#run();
  }

  #run() {
    clearTimeout(this.#timer);
    const { control } = this.#ring;
    const before = load(control, TAIL);
    let complete = drain(this.#ring);
    while (complete && this.#waiting.length > 0) {
      this.#waiting.shift()();
      complete = drain(this.#ring);
    }
    if (complete && (this.#isHurried() || load(control, TAIL) === before)) {
      store(control, STATE, ASLEEP);
      if (load(control, HEAD) === load(control, TAIL)) return;
    }
    store(control, STATE, AWAKE);
    this.#timer = setTimeout(() => this.#run(), complete ? INTERVAL : RETRY);
  }
}

module.exports = { createRing, drain, Printer, Writer };
