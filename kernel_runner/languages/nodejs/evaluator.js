// The agent's main thread: evaluates cells, and what they show and ask goes from here to reader.js.
//
// An interrupt can kill the JavaScript of this thread anywhere. So the order of statements matters
// where a request ends, and nothing that must not get lost hangs on a promise.
'use strict';

const inspector = require('inspector');
const { constants } = require('os');
const util = require('util');
const { receiveMessageOnPort } = require('worker_threads');

const { argument } = require('./assist.js');
const { createComms } = require('./comms.js');
const { bundleOf, fieldsOf, install: installDisplay, plain } = require('./display.js');
const errors = require('./errors.js');
const modules = require('./modules.js');
const { Printer } = require('./print.js');
const { IMPORT, rewrite } = require('./source.js');
const streams = require('./streams.js');

const { load, wait } = Atomics;

const session = new inspector.Session();
/** Values come out of the inspector through here. */
const keeper = { value: undefined };

/** The request that is evaluated, or null. */
let cell = null;
let sent = 0;
let input = null;
let clearAsyncStack = null;
/** Held, so that it is not collected. */
let signal = null;
let keeperId = '';
// What start() is given.
let worker = null;
let shared = null;
let replies = null;
let transpile = null;

/** Sends a frame that belongs to the present cell, and returns when it is written. */
function send(type, fields) {
  if (type === 'D' || type === 'U') streams.mark();
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
  while (receiveMessageOnPort(replies));
  const count = load(shared, 1);
  request();
  while (load(shared, 1) === count) wait(shared, 1, count);
  return receiveMessageOnPort(replies)?.message ?? null;
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
    return finish(request, 'X', errors.describeTranspiling(error, code, request.name));
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
      const value = valueOf(result);
      await show(request, util.types.isPromise(value) ? await value : value);
    }
    if (request.later) await request.later;
    finish(request, 'K', []);
  } catch (error) {
    finish(request, 'X', errors.describe(error));
  } finally {
    session.post('Runtime.releaseObjectGroup', { objectGroup: 'cell' });
  }
}

async function show(request, value) {
  if (value === undefined) return;
  const bundle = await bundleOf(value);
  if (request === cell) send('D', fieldsOf('result', bundle));
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

/** One of node's bindings, which warn that they are deprecated; an empty object where it is gone. */
function bindingOf(name) {
  const { noDeprecation } = process;
  process.noDeprecation = true;
  try {
    return process.binding(name);
  } catch {
    return {};
  } finally {
    process.noDeprecation = noDeprecation;
  }
}

/**
 * Node's stack of asynchronous contexts. A killed timer or tick leaves its entry there, and node
 * aborts over that, unless its checks are off (as with --no-force-async-hooks-checks, which a
 * running node cannot turn on) and the stack is cleared. Gives what clears it.
 */
function takeAsyncStack() {
  const { async_hook_fields: fields, clearAsyncIdStack, constants } = bindingOf('async_wrap');
  if (fields && constants) fields[constants.kCheck] = 0;
  return clearAsyncIdStack ?? (() => {});
}

/** SIGINT does not end this process, whatever listeners a cell removes. */
function holdSignal() {
  const { Signal } = bindingOf('signal_wrap');
  if (!Signal) return void process.on('SIGINT', () => {});
  const handle = new Signal();
  handle.onsignal = () => {};
  handle.unref();
  handle.start(constants.signals.SIGINT);
  return handle;
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
  const native = /\{\s*\[native code\]\s*\}$/.test(source);
  if (native) return `${name}: native function\n${value.name} (arguments: ${value.length})`;
  const lines = source.split('\n');
  const head = detail || lines.length <= 12 ? lines : [...lines.slice(0, 12), '...'];
  const kind = source.startsWith('class') ? 'class' : 'function';
  return `${name}: ${kind}\n${signature(source)}\n\n${head.join('\n')}`;
}

/** A function's source up to its body, a class's up to its members. */
function signature(source) {
  if (source.startsWith('class')) return source.slice(0, source.indexOf('{')).trim();
  const open = source.indexOf('(');
  const arrow = source.indexOf('=>');
  if (open < 0 || (arrow >= 0 && arrow < open)) return source.slice(0, arrow).trim();
  let depth = 0;
  for (let i = open; i < source.length; i++) {
    if (source[i] === '(') depth += 1;
    else if (source[i] === ')') depth -= 1;
    if (depth === 0) return source.slice(0, i + 1);
  }
  return source;
}

const { toString: functionText } = Function.prototype;
const sourceOf = (value) => Reflect.apply(functionText, value, []);

const reportException = (error) => report('Uncaught', error);
const reportRejection = (error) => report('Unhandled rejection:', error);

/** Prints what a timer, a callback or a promise threw when nobody was there to catch it. */
function report(label, error) {
  process.stderr.write(`${label} ${plain(error)}\n`);
}

/** The session survives uncaught errors, even if a cell removed all listeners. */
function keepAlive() {
  keep('uncaughtException', reportException);
  keep('unhandledRejection', reportRejection);
}

function keep(event, listener) {
  const listeners = process.rawListeners(event);
  for (let i = 0; i < listeners.length; i++) if (listeners[i] === listener) return;
  process.on(event, listener);
}

/**
 * Makes the session and waits for requests.
 * @param {{worker: Worker, shared: Int32Array, printed: object, replies: MessagePort,
 *   transpile: (code: string, name: string) => string}} agent
 */
function start(agent) {
  ({ worker, shared, replies, transpile } = agent);
  input = streams.install(terminal, new Printer(agent.printed, () => worker.postMessage({ type: 'print' })));
  clearAsyncStack = takeAsyncStack();
  signal = holdSignal();
  keepAlive();
  modules.install({ keeper, describe: describeName });
  installDisplay({ send, ask, cell: () => cell, comms: comms.api });
  process.argv.length = 1;
  session.connect();
  session.post('Runtime.evaluate', { expression: `${IMPORT}.keeper` }, (_, { result }) => {
    keeperId = result.objectId;
  });
  worker.on('message', receive);
}

module.exports = { start };
