// The agent's second thread: it reads the kernel's frames and writes the agent's.
//
// It is never busy for long, whatever a cell does to the main thread. So it keeps the queue of
// requests, answers completion, inspection and is-complete beside a running cell, and stops the
// cell on S. It alone knows whether a cell is running: from the moment it hands the request to the
// main thread until the main thread's `done` comes back.
//
// How a cell is stopped. A cell that awaits leaves the main thread idle, and there the message
// `stop` is enough. A cell that computes needs V8's terminateExecution, through an inspector
// session into the main thread. That kills exactly one entry into JavaScript, the present one or,
// if the main thread just became idle, the next one: possibly the handling of our own message.
// Hence: `stop`; if nothing comes of it within PATIENCE, terminate, wait until V8 reports that
// something was killed (and give it something to kill), and send `stop` again.
'use strict';

const fs = require('fs');
const inspector = require('inspector');
const { Socket } = require('net');
const tty = require('tty');
const { setTimeout: sleep } = require('timers/promises');
const { parentPort, workerData } = require('worker_threads');

const assist = require('./assist.js');
const { INTERRUPTED } = require('./errors.js');
const { encode, FrameReader } = require('./frames.js');
const { Writer } = require('./print.js');

const { O_NOCTTY, O_RDONLY } = fs.constants;
const PATIENCE = 4; // milliseconds
const ASSIST_LIMIT = 250; // milliseconds that an answer may wait for the main thread
const QUIT_LIMIT = 1000; // milliseconds

const { requests, answers, shared, printed, replies } = workerData;
const transpile = workerData.transpiler ? require(workerData.transpiler).transpile : (code) => code;

/** Requests that wait for the main thread. @type {import('./frames.js').Frame[]} */
const queue = [];
/** The request that the main thread is at. */
let running = null;
let terminating = false;
/** The terminal, while the main thread waits for input. */
let input = null;
/** Where the main thread waits for input, the kernel must not see this one wait for the time. */
const writer = new Writer(printed, () => input !== null);

/** Writes a frame. Nobody else does, so frames never mix. */
function send(type, id, ...fields) {
  for (let rest = encode(type, id, fields); rest.length > 0; ) rest = rest.subarray(fs.writeSync(answers, rest));
}

/** Hands the next request over. What S may stop, and B says, begins here. */
function pump() {
  if (running || terminating || queue.length === 0) return;
  running = queue.shift();
  send('B', running.id);
  const { type, id, fields } = running;
  const texts = { E: fields.length, O: 4, M: 3, L: 3 }[type];
  parentPort.postMessage({
    type,
    id,
    fields: fields.map((field, i) => (i < texts ? String(field) : Uint8Array.from(field))),
  });
}

const received = {
  E: (frame) => (queue.push(frame), pump()),
  O: (frame) => received.E(frame),
  M: (frame) => received.E(frame),
  L: (frame) => received.E(frame),
  S: () => void stop(),
  A: ({ fields }) => answer(String(fields[0]) === '1' ? String(fields[1] ?? '') : null),
  C: (frame) => void reply(frame, assist.complete(mainThread, ...place(frame))),
  I: (frame) => void reply(frame, assist.inspect(mainThread, ...place(frame), String(frame.fields[2]) === '1')),
  P: (frame) => void reply(frame, assist.isComplete(String(frame.fields[0]), transpile)),
  Q: () => void quit(),
};

/** The code and the byte offset of a C or I frame. */
function place({ fields }) {
  return [fields[0] ?? Buffer.alloc(0), Number(String(fields[1] ?? 0))];
}

async function reply({ type, id }, fields) {
  try {
    send(type, id, ...(await fields));
  } catch (error) {
    send(type, id, ...(type === 'C' ? ['0', '0'] : type === 'P' ? ['unknown', ''] : []));
  }
}

/** The person's answer, for prompt() in the main thread, which sleeps until it is there. */
function answer(value) {
  replies.postMessage(value);
  Atomics.add(shared, 1, 1);
  Atomics.notify(shared, 1);
}

/**
 * Waits for input on the terminal, once, for the main thread: for fs.readSync, which sleeps, or for
 * process.stdin. It is done here because the kernel knows a thread that waits for input by an epoll
 * set with the terminal in it and no timeout. The main thread may have timers; and libuv takes a
 * descriptor out of the set only when it is closed.
 */
function readInput(now) {
  stopReading();
  const source = new tty.ReadStream(openTerminal());
  input = source;
  const give = (data) => {
    if (input !== source) return;
    stopReading();
    const fields = Uint8Array.from(data);
    if (now) answer(fields);
    else parentPort.postMessage({ type: 'input', fields });
  };
  source.on('data', give).on('end', () => give([])).on('error', () => give([]));
}

/** The terminal, opened anew. Where a jail refuses what could be another's, it has a name of its own. */
function openTerminal() {
  try {
    return fs.openSync('/proc/self/fd/0', O_RDONLY | O_NOCTTY);
  } catch {
    return fs.openSync('/dev/tty', O_RDONLY | O_NOCTTY);
  }
}

function stopReading() {
  input?.destroy();
  input = null;
}

/** Stops the request that runs now, however long that takes. */
async function stop() {
  const request = running;
  if (!request || request.stopping) return;
  request.stopping = true;
  for (let patience = PATIENCE; running === request; patience = Math.min(patience * 2, 100)) {
    parentPort.postMessage({ type: 'stop', id: request.id });
    await sleep(patience);
    if (running === request) await terminate();
  }
}

async function terminate() {
  terminating = true;
  const killed = mainThread.post('Runtime.terminateExecution').catch(() => {});
  const settled = killed.then(() => true);
  for (let patience = PATIENCE; ; patience = Math.min(patience * 2, 500)) {
    if (await Promise.race([settled, sleep(patience, false)])) break;
    parentPort.postMessage({ type: 'nothing' });
    if (patience > PATIENCE) signal();
  }
  terminating = false;
  pump();
}

/** Repeats the kernel's SIGINT: it came before the main thread started the child that it waits for now. */
function signal() {
  for (const pid of [-process.pid, process.pid]) {
    try {
      return process.kill(pid, 'SIGINT');
    } catch {
      // We do not lead a process group: then this process alone.
    }
  }
  return false;
}

/** The inspector's way into the main thread, opened when it is first needed. */
const mainThread = {
  session: null,

  async post(method, parameters) {
    if (!this.session) {
      this.session = new inspector.Session();
      this.session.connectToMainThread();
    }
    return new Promise((resolve, reject) => {
      this.session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result)));
    });
  },

  /** As post(), but gives up where the main thread is in a system call and cannot answer. */
  async ask(method, parameters) {
    const late = sleep(ASSIST_LIMIT, null, { ref: false });
    const result = await Promise.race([this.post(method, parameters), late]);
    if (!result) throw new Error('the main thread does not answer');
    return result;
  },
};

async function quit() {
  parentPort.postMessage({ type: 'quit' });
  await sleep(QUIT_LIMIT);
  process.kill(process.pid, 'SIGKILL');
}

/** What the main thread asks for when it has printed all that comes before; `done` ends the request. */
function act({ done, type, id, fields, now }) {
  if (type === 'print') return undefined;
  if (type === 'read') return readInput(now);
  if (type === 'unread') return stopReading();
  if (!done) {
    send(type, id, ...fields);
    Atomics.add(shared, 0, 1);
    return void Atomics.notify(shared, 0);
  }
  if (running?.id !== id) return undefined; // It was stopped, and that was said already.
  // What a stopped cell throws, as when its child died of the SIGINT, is the interrupt.
  if (running.stopping && type === 'X') send('X', id, ...INTERRUPTED);
  else send(type, id, ...fields);
  stopReading();
  running = null;
  return pump();
}

parentPort.on('message', (message) => writer.then(() => act(message)));

const reader = new FrameReader();
new Socket({ fd: requests, readable: true, writable: false })
  .on('data', (data) => {
    for (const frame of reader.feed(data)) received[frame.type]?.(frame);
  })
  .on('error', quit)
  .on('end', quit);
