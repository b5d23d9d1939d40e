// The cell's own stdin, stdout and stderr.
//
// What is written to stdout is in print.js's ring when write() returns, and soon in the terminal; what
// is written to stderr is in its pipe. So both are live in an endless loop. Whatever may write on
// its own, or ends the process, first waits until the ring is empty. The streams hold no state that
// an interrupt in the middle of a write could leave broken.
//
// All three work on descriptors of their own, opened anew: a cell may close 0, 1 and 2, a child
// may make them non-blocking.
'use strict';

const childProcess = require('child_process');
const fs = require('fs');
const { Readable, Writable } = require('stream');
const { syncBuiltinESMExports } = require('module');
const tty = require('tty');
const util = require('util');

const { O_RDONLY, O_WRONLY, O_APPEND, O_NOCTTY } = fs.constants;
const { writeSync } = fs;
const { byteLength } = Buffer;
const bufferFrom = Buffer.from.bind(Buffer);
const concat = Buffer.concat.bind(Buffer);
const { nextTick } = process;
const { apply } = Reflect;
const { wait } = Atomics;

const MARK = '\x1b_kernel-runner\x1b\\';
/** Where stdout goes. @type {import('./print.js').Printer} */
let printer = null;

/** Another descriptor, closed in children, of what `fd` is open on; `fd` itself where there is none. */
function reopen(fd, flags) {
  try {
    return fs.openSync(`/proc/self/fd/${fd}`, flags | O_NOCTTY);
  } catch {
    return fd;
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Writes all of `chunk`; waits where the descriptor is non-blocking and full. */
function writeAll(fd, chunk, encoding) {
  let rest = chunk;
  for (;;) {
    let written = 0;
    try {
      if (typeof rest === 'string') {
        written = writeSync(fd, rest, null, encoding);
        if (written >= rest.length && written === byteLength(rest, encoding)) return;
        rest = bufferFrom(rest, encoding);
      } else {
        written = writeSync(fd, rest);
      }
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      if (typeof rest === 'string') rest = bufferFrom(rest, encoding);
      wait(pause, 0, 0, 2);
    }
    if (written >= rest.length) return;
    rest = rest.subarray(written);
  }
}

/** process.stdout and process.stderr: `fd` is what children get, the writing goes another way. */
class OutputStream extends Writable {
  #write;

  /** @param {(chunk: string | ArrayBufferView, encoding: string) => void} write writes all of it */
  constructor(fd, write) {
    super({ decodeStrings: false, autoDestroy: false, emitClose: false });
    this.#write = write;
    this.fd = fd;
    this.isTTY = undefined; // No cursor movements, please: a notebook is no terminal.
    if (process.env.COLUMNS > 0) this.columns = Number(process.env.COLUMNS);
    this.setMaxListeners(0); // The console leaves a listener behind when it is interrupted.
  }

  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') [encoding, callback] = [undefined, encoding];
    if (typeof chunk !== 'string' && !ArrayBuffer.isView(chunk)) {
      return super.write(chunk, encoding, callback); // Throws as node does.
    }
    this.#write(chunk, encoding === 'buffer' ? 'utf8' : encoding ?? 'utf8');
    if (typeof callback === 'function') nextTick(callback);
    return true;
  }

  /** The session's streams do not end; what is written last is written. */
  end(chunk, encoding, callback) {
    if (typeof chunk === 'function') [chunk, callback] = [undefined, chunk];
    if (typeof encoding === 'function') [encoding, callback] = [undefined, encoding];
    if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
    nextTick(() => this.emit('finish')); // Who pipes into it wants to know.
    if (typeof callback === 'function') nextTick(callback);
    return this;
  }

  _destroy(error, callback) {
    callback(error);
  }
}

/** Input that fs.readSync was given and has not passed on. */
let rest = new Uint8Array(0);

function takeRest(length = rest.length) {
  const taken = rest.subarray(0, length);
  rest = rest.subarray(taken.length);
  return taken;
}

/**
 * process.stdin on a terminal. The reader thread waits for the input, just while there is a demand,
 * and never between cells; the demand of a reader that a cell left behind (an open readline)
 * counts again when that reader is used again.
 */
class TerminalInput extends Readable {
  #terminal;
  #demand = false;
  #paused = false;
  #reading = false;

  constructor(terminal) {
    super({ highWaterMark: 0 });
    this.#terminal = terminal;
    this.fd = 0;
    this.isTTY = true;
    this.isRaw = false;
  }

  _read() {
    this.#demand = true;
    if (rest.length > 0) this.receive(takeRest());
    else this.wake();
  }

  /** Reads on where there is a demand. */
  wake() {
    if (!this.#demand || this.#paused || this.#reading || this.destroyed) return;
    this.#reading = true;
    this.#terminal.read();
  }

  /** Takes input; nothing means its end. */
  receive(data) {
    this.#demand = false;
    this.#reading = false;
    this.push(data.length > 0 ? bufferFrom(data) : null);
  }

  /** Stops reading. */
  park() {
    if (!this.#reading) return;
    this.#reading = false;
    this.#terminal.stop();
  }

  pause() {
    this.#paused = true;
    super.pause();
    this.park();
    return this;
  }

  resume() {
    this.#paused = false;
    super.resume();
    this.wake();
    return this;
  }

  on(event, listener) {
    super.on(event, listener);
    if (event === 'readable') this.#paused = false;
    if (event === 'data' || event === 'readable') this.wake();
    return this;
  }

  read(size) {
    const data = super.read(size);
    this.wake();
    return data;
  }

  setRawMode(mode) {
    const stream = new tty.ReadStream(reopen(0, O_RDONLY));
    stream.setRawMode(mode);
    stream.destroy();
    this.isRaw = Boolean(mode);
    return this;
  }

  _destroy(error, callback) {
    this.park();
    callback(error);
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }
}

TerminalInput.prototype.addListener = TerminalInput.prototype.on;

/** A readline that an earlier cell left open reads on when it is asked the next question. */
function wakeReadline() {
  const { prototype } = Object.getPrototypeOf(require('readline/promises').Interface);
  const { prompt } = prototype;
  prototype.prompt = function (...args) {
    const result = apply(prompt, this, args);
    if (this.input instanceof TerminalInput) this.input.wake();
    return result;
  };
}

/** Makes process.stdin, again when it came to its end. */
function installInput(terminal) {
  if (!tty.isatty(0)) return { receive() {}, park() {} };
  installReads(terminal.readNow);
  let stream = null;
  const get = () => {
    if (!stream) wakeReadline();
    if (!stream || stream.destroyed || stream.readableEnded) stream = new TerminalInput(terminal);
    return stream;
  };
  Object.defineProperty(process, 'stdin', { configurable: true, enumerable: true, get });
  return { receive: (data) => stream?.receive(data), park: () => stream?.park() };
}

/**
 * fs.readSync and fs.readFileSync of the terminal. A thread in read(2) cannot be stopped without
 * losing it, as libuv takes the call up again after a signal; so the agent's other thread waits for
 * the input, in its event loop, and this one for that thread.
 * @param {() => Uint8Array} read blocks until there is input; nothing at its end
 */
function installReads(read) {
  const { readSync, readFileSync } = fs;

  fs.readSync = function (fd, buffer, offset, length) {
    if (fd !== 0) return apply(readSync, fs, arguments);
    if (typeof offset === 'object' && offset !== null) ({ offset, length } = offset);
    const from = offset ?? 0;
    const size = length ?? buffer.byteLength - from;
    if (size > 0 && rest.length === 0) rest = read();
    const taken = takeRest(size);
    new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).set(taken, from);
    return taken.length;
  };

  fs.readFileSync = function (file, options) {
    if (file !== 0 && file !== '/dev/stdin') return apply(readFileSync, fs, arguments);
    const chunks = [bufferFrom(takeRest())];
    for (let chunk; (chunk = read()).length > 0; ) chunks[chunks.length] = bufferFrom(chunk);
    const all = concat(chunks);
    const encoding = typeof options === 'string' ? options : options?.encoding;
    return encoding && encoding !== 'buffer' ? all.toString(encoding) : all;
  };
  syncBuiltinESMExports();
}

/** Whether a file may be where the streams end, too. */
const isOurs = (file) => file === 1 || file === 2 || /^\/(dev|proc)\//.test(file);

/** What goes around the streams, prints on its own, or ends the process, comes after what was printed. */
function flushAround() {
  for (const name of ['write', 'writev', 'writeFile', 'appendFile']) {
    flushBefore(fs, name, isOurs);
    flushBefore(fs, `${name}Sync`, isOurs);
  }
  for (const name of ['spawnSync', 'execSync', 'execFileSync']) flushBefore(childProcess, name);
  flushBefore(childProcess.ChildProcess.prototype, 'spawn');
  for (const name of ['reallyExit', 'abort', 'kill']) flushBefore(process, name);
  syncBuiltinESMExports();
}

function flushBefore(home, name, isDue = () => true) {
  const original = home[name];
  home[name] = function (first) {
    if (isDue(first)) printer.flush();
    return apply(original, this, arguments);
  };
  Object.defineProperties(home[name], Object.getOwnPropertyDescriptors(original));
}

/**
 * A console of the streams: objects in colours, as at a terminal; text and numbers exactly as they are.
 * Node's own hands all that it prints to V8's inspector as well, which costs more than the printing.
 */
function installConsole({ stdout, stderr }) {
  const isColoured = !process.env.NO_COLOR;
  const own = new console.Console({ stdout, stderr, colorMode: isColoured });
  if (isColoured) keepPlain(own);
  for (const [name, method] of Object.entries(own)) {
    if (typeof console[name] === 'function') console[name] = method;
  }
}

function keepPlain(own) {
  const isPlain = (value) => value === null || (typeof value !== 'object' && typeof value !== 'function');
  for (const symbol of Object.getOwnPropertySymbols(Object.getPrototypeOf(own))) {
    if (!/^kFormatForStd(out|err)$/.test(symbol.description)) continue;
    const original = own[symbol];
    own[symbol] = function (args) {
      for (let i = 0; i < args.length; i++) {
        if (!isPlain(args[i])) return apply(original, this, [args]);
      }
      return apply(util.format, util, args);
    };
  }
}

/**
 * Puts the streams in place.
 * @param {{readNow: () => Uint8Array, read: () => void, stop: () => void}} terminal
 * @param {import('./print.js').Printer} print
 * @returns {{receive: (data: Uint8Array) => void, park: () => void}} what takes the input that
 *   terminal.read() asked for, and what stops reading, to be called after each cell
 */
function install(terminal, print) {
  printer = print;
  const stderr = reopen(2, O_WRONLY | O_APPEND);
  const streams = {
    stdout: new OutputStream(1, (chunk, encoding) => printer.write(chunk, encoding)),
    stderr: new OutputStream(2, (chunk, encoding) => {
      printer.flush();
      writeAll(stderr, chunk, encoding);
    }),
  };
  for (const [name, value] of Object.entries(streams)) {
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => value });
  }
  installConsole(streams);
  flushAround();
  return installInput(terminal);
}

/** Marks the place in stdout where the next D or U frame belongs (frames.py). */
function mark() {
  printer.write(MARK, 'utf8');
}

module.exports = { install, mark, reopen };
