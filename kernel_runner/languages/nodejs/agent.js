// The Node.js agent: evaluates cells for kernel_runner. kernel_runner/session/frames.py describes
// how the two talk.
//
//     node agent.js [TRANSPILER]
//
// Two threads. This one, the main thread, belongs to the user: cells, their timers and servers run
// here. reader.js is the other: it reads and writes the frames, hands over one request at a time,
// and stops it. So requests are answered and interrupts obeyed while a cell computes, and an
// interrupt, which can kill this thread's JavaScript at any point between two instructions,
// never leaves half a frame behind. All that must not get lost here is done by one call, postMessage.
//
// A cell runs through this thread's own inspector session, in V8's REPL mode: const, let and class
// may be declared again, await works, and the last expression is the value.
//
// The seam for languages that compile to JavaScript: TRANSPILER is a module with a function
// transpile(code, name) that gives JavaScript of the same lines.
'use strict';

const fs = require('fs');
const inspector = require('inspector');
const path = require('path');
const util = require('util');
const v8 = require('v8');
const { MessageChannel, Worker, receiveMessageOnPort } = require('worker_threads');

const { argument } = require('./assist.js');
const { createComms } = require('./comms.js');
const { bundleOf, fieldsOf, install: installDisplay, plain } = require('./display.js');
const errors = require('./errors.js');
const modules = require('./modules.js');
const { IMPORT, rewrite } = require('./source.js');
const streams = require('./streams.js');

const { load, wait } = Atomics;
const { O_RDONLY, O_WRONLY } = fs.constants;

const session = new inspector.Session();
/** Two counters: frames written, answers given. */
const shared = new Int32Array(new SharedArrayBuffer(8));
const replies = new MessageChannel();
const transpiler = process.argv[2] ? path.resolve(process.argv[2]) : '';
const transpile = transpiler ? require(transpiler).transpile : (code) => code;
/** Values come out of the inspector through here. */
const keeper = { value: undefined };

/** The request that is evaluated, or null. */
let cell = null;
let sent = 0;
let input = null;
let worker = null;
let keeperId = '';

/** Sends a frame that belongs to the present cell, and returns when it is written. */
function send(type, fields) {
  sent = (sent + 1) | 0;
  worker.postMessage({ done: false, type, id: cell?.id ?? 0, fields });
  for (let written; (sent - (written = load(shared, 0))) > 0; ) wait(shared, 0, written, 1000);
}

/** Ends a request. The reader thread may hand over the next one from here on. */
function finish(request, type, fields) {
  if (request !== cell) return;
  input.park();
  worker.postMessage({ done: true, type, id: request.id, fields });
  cell = null;
}

/** Blocks until the reader thread has answered what `request` asks it for. */
function answerTo(request) {
  while (receiveMessageOnPort(replies.port1));
  const count = load(shared, 1);
  request();
  while (load(shared, 1) === count) wait(shared, 1, count);
  return receiveMessageOnPort(replies.port1)?.message ?? null;
}

/** Asks the person, and blocks until the answer is there; null where nobody can answer. */
function ask(prompt, password = false) {
  return cell && answerTo(() => send('W', [`${prompt}`, password ? '1' : '0']));
}

/** The terminal's input, which the reader thread waits for. */
const terminal = {
  /** Blocks until there is input; empty at its end. */
  readNow: () => answerTo(() => worker.postMessage({ type: 'read', now: true })),
  /** Input comes to streams.receive. */
  read: () => worker.postMessage({ type: 'read', now: false }),
  stop: () => worker.postMessage({ type: 'unread' }),
};

/** The value behind one of the inspector's remote objects. */
function valueOf(remote) {
  keeper.value = remote.value;
  if (remote.objectId || remote.unserializableValue) {
    session.post('Runtime.callFunctionOn', {
      objectId: keeperId,
      functionDeclaration: 'function (value) { this.value = value }',
      arguments: [argument(remote)],
    });
  }
  const { value } = keeper;
  keeper.value = undefined;
  return value;
}

/** Evaluates a cell, or the expression of a user_expression. */
function execute(request, fields) {
  const code = fields[0];
  const options = fields[4];
  const { silent, expression } = options ? parseOptions(options) : {};
  request.code = code;
  request.silent = Boolean(silent);
  request.name = `In[${fields[1]}]`;
  let script;
  try {
    script = rewrite(transpile(code, request.name));
  } catch (error) {
    return finish(request, 'X', errors.describe(error));
  }
  const parameters = {
    expression: `${script}\n//# sourceURL=${request.name}`,
    objectGroup: 'cell',
    replMode: true,
    awaitPromise: true,
  };
  if (expression) parameters.throwOnSideEffect = true;
  session.post('Runtime.evaluate', parameters, (failure, response) => {
    if (request === cell) settle(request, failure, response);
  });
}

const { parse: parseOptions } = JSON;

async function settle(request, failure, response) {
  try {
    if (failure) return stop(request.id);
    const { result, exceptionDetails } = response;
    if (exceptionDetails) return finish(request, 'X', describe(request, exceptionDetails));
    if (result.type !== 'undefined' && !request.silent && !request.later) {
      const bundle = await bundleOf(valueOf(result));
      if (request === cell) send('D', fieldsOf('result', bundle));
    }
    if (request.later) await request.later;
    finish(request, 'K', []);
  } catch (error) {
    finish(request, 'X', errors.describe(error));
  } finally {
    session.post('Runtime.releaseObjectGroup', { objectGroup: 'cell' });
  }
}

/** The X fields of what a cell threw. */
function describe(request, details) {
  const error = valueOf(details.exception ?? { value: details.text });
  const isSyntax = details.exception?.className === 'SyntaxError';
  if (isSyntax && !/\bIn\[/.test(errors.textOf(error, 'stack', ''))) {
    return errors.describeSyntax(error, details, request.code, request.name);
  }
  return errors.describe(error);
}

/** Handles a comm message of the kernel's. */
async function converse(request, type, fields) {
  try {
    await comms.receive(type, fields);
    finish(request, 'K', []);
  } catch (error) {
    finish(request, 'X', errors.describe(error));
  }
}

/**
 * Node's stack of asynchronous contexts. A killed timer or tick leaves its entry there, and node
 * aborts over that, unless its checks are off (as with --no-force-async-hooks-checks, which a
 * running node cannot turn on) and the stack is cleared.
 */
function takeAsyncStack() {
  const { noDeprecation } = process;
  process.noDeprecation = true;
  try {
    const { async_hook_fields: fields, clearAsyncIdStack, constants } = process.binding('async_wrap');
    fields[constants.kCheck] = 0;
    return clearAsyncIdStack;
  } catch {
    return () => {};
  } finally {
    process.noDeprecation = noDeprecation;
  }
}

/** Ends a request that was stopped. Its promise may live on; nobody waits for it any more. */
function stop(id) {
  if (cell?.id === id) {
    input.park();
    modules.dropUnfinished();
    clearAsyncStack();
  }
  worker.postMessage({ done: true, type: 'X', id, fields: errors.INTERRUPTED });
  if (cell?.id === id) cell = null;
}

/** What the reader thread hands over. */
function receive({ type, id, fields }) {
  if (type === 'nothing') return undefined;
  if (type === 'input') return input.receive(fields);
  if (type === 'quit') process.exit(0);
  if (type === 'stop') return stop(id);
  keepAlive();
  cell = { id };
  try {
    return type === 'E' ? execute(cell, fields) : void converse(cell, type, fields);
  } catch (error) {
    return finish(cell, 'X', errors.describe(error));
  }
}

const comms = createComms(send);

/** The text of an I answer. Runs while a cell may be running, so it calls no code of the user's. */
function describeName(value, name, detail) {
  const show = (depth) => util.inspect(value, { customInspect: false, depth, maxArrayLength: 20, maxStringLength: 1000 });
  if (typeof value !== 'function') {
    const kind = typeof value === 'object' && value !== null ? value.constructor?.name ?? 'Object' : typeof value;
    return `${name}: ${kind}\n\n${show(detail ? 3 : 1)}`;
  }
  const source = sourceOf(value);
  const isClass = source.startsWith('class');
  const native = /\{\s*\[native code\]\s*\}$/.test(source);
  const signature = native
    ? `${value.name}(${value.length} argument${value.length === 1 ? '' : 's'})`
    : source.slice(0, /\{|=>/.exec(source.replace(/\{[^{}]*\}(?=[^{]*\))/g, (part) => '_'.repeat(part.length)))?.index).trim();
  const kind = isClass ? 'class' : native ? 'native function' : 'function';
  const lines = source.split('\n');
  const head = detail || lines.length <= 12 ? lines : [...lines.slice(0, 12), '...'];
  return `${name}: ${kind}\n${signature}${native ? '' : `\n\n${head.join('\n')}`}`;
}

const { toString: functionText } = Function.prototype;
const sourceOf = (value) => Reflect.apply(functionText, value, []);

const ignoreSignal = () => {};
const reportException = (error) => report('Uncaught', error);
const reportRejection = (error) => report('Unhandled rejection:', error);

/** Prints what a timer, a callback or a promise threw when nobody was there to catch it. */
function report(label, error) {
  const text = errors.isError(error) ? errors.traceback(error) : plain(error);
  stderr.write(`${label} ${text}\n`);
}

/** The session survives SIGINT and uncaught errors, even if a cell removed all listeners. */
function keepAlive() {
  keep('SIGINT', ignoreSignal);
  keep('uncaughtException', reportException);
  keep('unhandledRejection', reportRejection);
}

function keep(event, listener) {
  const listeners = process.rawListeners(event);
  for (let i = 0; i < listeners.length; i++) if (listeners[i] === listener) return;
  process.on(event, listener);
}

/** Opens fds 3 and 4 anew, out of the way of cells and closed in children. */
function takeChannels() {
  const requests = streams.reopen(3, O_RDONLY);
  const answers = streams.reopen(4, O_WRONLY);
  if (requests !== 3) fs.closeSync(3);
  if (answers !== 4) fs.closeSync(4);
  return { requests, answers };
}

// V8 likes to set a timer of 8 seconds to give memory back. While it runs, the kernel could not see
// that the reader thread waits for input, and not for the time.
v8.setFlagsFromString('--no-memory-reducer-for-small-heaps');
const { requests, answers } = takeChannels();
worker = new Worker(path.join(__dirname, 'reader.js'), {
  workerData: { requests, answers, shared, transpiler, replies: replies.port2 },
  transferList: [replies.port2],
  execArgv: [],
  stdout: true, // Or node connects them to the user's, and opens those its own way.
  stderr: true,
});
worker.on('message', receive);
worker.on('error', (error) => {
  process.stderr.write(`The agent failed: ${error?.stack}\n`);
  process.exit(70);
});
fs.writeSync(answers, `R 0 ${process.version.length}\n${process.version}`);

input = streams.install(terminal);
const { stderr } = process;
const clearAsyncStack = takeAsyncStack();
keepAlive();
process.on('removeListener', keepAlive);
modules.install({ keeper, describe: describeName });
installDisplay({ send, ask, cell: () => cell, comms: comms.api });
process.argv.length = 1;
session.connect();
session.post('Runtime.evaluate', { expression: `${IMPORT}.keeper` }, (_, { result }) => {
  keeperId = result.objectId;
});
