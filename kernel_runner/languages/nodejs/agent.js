// The Node.js agent: evaluates cells for kernel_runner. kernel_runner/session/frames.py describes
// how the two talk.
//
//     node agent.js [TRANSPILER [ARGUMENT...]]
//
// Two threads. The main thread, evaluator.js, belongs to the user: cells, their timers and servers
// run there. reader.js is the other: it reads and writes the frames, hands over one request at a time,
// and stops it. So requests are answered and interrupts obeyed while a cell computes, and an
// interrupt, which can kill the main thread's JavaScript at any point between two instructions,
// never leaves half a frame behind. All that must not get lost there is done by one call, postMessage.
//
// A cell runs through the main thread's own inspector session, in V8's REPL mode: const, let and class
// may be declared again, await works, and the last expression is the value.
//
// The seam for languages that compile to JavaScript: TRANSPILER is a module with a function
// transpile(code, name) that gives JavaScript of the same lines, or throws. A SyntaxError of its own has
// lineNumber and columnNumber, counted from 0, and unfinished where more text would mend it. Both threads
// load it, with its arguments in process.argv.
'use strict';

const fs = require('fs');
const path = require('path');
const v8 = require('v8');
const { MessageChannel, Worker } = require('worker_threads');

const { createRing, drain } = require('./print.js');

const { O_APPEND, O_NOCTTY, O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants;

/** Opens fd anew, out of the way of cells and closed in children; fd itself where that fails. */
function move(fd, flags) {
  try {
    return fs.openSync(`/proc/self/fd/${fd}`, flags | O_NOCTTY);
  } catch {
    return fd; // No /proc here, or not a pipe.
  }
}

/** Leaves at fd what a cell may close, so that nothing of ours gets its number. */
function vacate(fd) {
  fs.closeSync(fd);
  fs.openSync('/dev/null', O_RDONLY);
}

// V8 likes to set a timer of 8 seconds to give memory back. While it runs, the kernel could not see
// that the reader thread waits for input, and not for the time.
v8.setFlagsFromString('--no-memory-reducer-for-small-heaps');
const requests = move(3, O_RDONLY);
const answers = move(4, O_WRONLY);
if (requests !== 3) vacate(3);
if (answers !== 4) vacate(4);
const transpiler = process.argv[2] ? path.resolve(process.argv[2]) : '';
/** Two counters: frames written, answers given. */
const shared = new Int32Array(new SharedArrayBuffer(8));
const replies = new MessageChannel();
const printed = createRing(move(1, O_WRONLY | O_APPEND | O_NONBLOCK));
const worker = new Worker(path.join(__dirname, 'reader.js'), {
  workerData: { requests, answers, shared, printed, transpiler, replies: replies.port2 },
  transferList: [replies.port2],
  argv: process.argv.slice(2),
  execArgv: [],
  stdout: true, // Or node connects them to the user's, and opens those its own way.
  stderr: true,
});
worker.on('error', (error) => {
  while (!drain(printed)); // Nobody else will.
  process.stderr.write(`The agent failed: ${error?.stack}\n`);
  process.exit(70);
});
// Before the rest is loaded: the kernel's requests wait in the pipe, and the reader starts meanwhile.
fs.writeSync(answers, `R 0 ${process.version.length}\n${process.version}`);

require('./evaluator.js').start({
  worker,
  shared,
  printed,
  replies: replies.port1,
  transpile: transpiler ? require(transpiler).transpile : (code) => code,
});
