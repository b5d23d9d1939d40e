// What a cell can show: values as MIME bundles, and the globals display, $$, clearOutput, prompt.
//
// A value says how it looks through a method: Symbol.for('Jupyter.display') as in Deno, _toHtml and
// its kin as in IJavascript, toHTML and its kin as in Observable and others.
'use strict';

const util = require('util');

const { provide } = require('./modules.js');
const { createTslab } = require('./tslab.js');

const { isAnyArrayBuffer, isNativeError, isProxy, isPromise } = util.types;
const { inspect } = util;
const { assign, defineProperty, entries, keys } = Object;
const { stringify } = JSON;
const { isView } = ArrayBuffer;
const bufferFrom = Buffer.from.bind(Buffer);
const Bytes = Uint8Array;
const NativePromise = Promise;

const BUNDLE = Symbol.for('Jupyter.display');
const METHODS = [
  ['text/html', ['_toHtml', 'toHTML']],
  ['image/svg+xml', ['_toSvg', 'toSVG']],
  ['image/png', ['_toPng', 'toPNG']],
  ['image/jpeg', ['_toJpeg', 'toJPEG']],
  ['text/markdown', ['_toMarkdown', 'toMarkdown']],
  ['text/latex', ['_toLatex', 'toLatex']],
];
const BINARY = /^(?:image\/(?!svg)|audio\/|video\/|application\/(?:pdf|octet-stream)$)/;

const FRAME = /^\s*(?:\x1b\[\d+m)*\s*at /;
const AGENT = new RegExp(`(?:${__dirname.replace(/[^\w/]/g, '\\$&')}/|node:inspector:)`);
const INTERNAL = /node:internal\/|node:vm:|\.{3} \d+ lines matching cause stack trace/;

const colours = () => !process.env.NO_COLOR;

/** The text without the stack frames that are node's or the agent's. */
function withoutInternals(text) {
  if (!AGENT.test(text) && !INTERNAL.test(text)) return text;
  const lines = text.split('\n');
  let kept = '';
  let below = false; // Everything below the agent's frames is the agent's caller.
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    below = FRAME.test(line) && (below || AGENT.test(line));
    if (!below && !INTERNAL.test(line)) kept += `${i ? '\n' : ''}${line}`;
    else kept += /(?: \{|\],?|,)$/.exec(line)?.[0] ?? '';
  }
  return kept;
}

/** A value as node's console shows it. Never throws, whatever the value's getters do. */
function plain(value) {
  const simple = value === null || (typeof value !== 'object' && typeof value !== 'function');
  try {
    const text = inspect(value, { colors: colours() && !simple });
    return simple ? text : withoutInternals(text);
  } catch (error) {
    if (isNativeError(value)) return stackOf(value);
    return `[${typeof value} that cannot be shown: ${messageOf(error)}]`;
  }
}

function stackOf(error) {
  try {
    return `${error.stack}`;
  } catch {
    return messageOf(error);
  }
}

function messageOf(error) {
  try {
    return String(error?.message ?? error);
  } catch {
    return 'unknown error';
  }
}

/**
 * A value as a MIME bundle. Gives a promise where one of the value's own methods does.
 * @param {unknown} value
 * @returns {Record<string, unknown> | Promise<Record<string, unknown>>}
 */
function bundleOf(value) {
  const bundle = { __proto__: null };
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  if (!isObject || isProxy(value)) return { 'text/plain': plain(value) };
  const pending = [];
  const call = (name, take) => {
    const result = value[name]();
    if (!isPromise(result)) take(result);
    else pending[pending.length] = (async () => take(await result))();
  };
  const merge = (more) => assign(bundle, more);
  if (typeof value[BUNDLE] === 'function') call(BUNDLE, merge);
  else if (typeof value._toMime === 'function') call('_toMime', merge);
  else callMethods(value, call, bundle);
  const finish = () => {
    if (bundle['text/plain'] === undefined) bundle['text/plain'] = plain(value);
    return bundle;
  };
  return pending.length === 0 ? finish() : settle(pending, finish);
}

function callMethods(value, call, bundle) {
  for (let i = 0; i < METHODS.length; i++) {
    const mime = METHODS[i][0];
    const names = METHODS[i][1];
    const name = typeof value[names[0]] === 'function' ? names[0] : names[1];
    if (typeof value[name] !== 'function') continue;
    call(name, (data) => {
      if (data !== undefined && data !== null) bundle[mime] = data;
    });
  }
}

async function settle(pending, finish) {
  for (let i = 0; i < pending.length; i++) await pending[i];
  return finish();
}

/**
 * The fields of a D frame.
 * @param {'result' | 'display' | 'update'} kind
 * @param {Record<string, unknown>} bundle
 */
function fieldsOf(kind, bundle, metadata, displayId = '') {
  const fields = [kind, `${displayId}`, metadata ? stringify(metadata) : ''];
  const mimes = keys(bundle);
  for (let i = 0; i < mimes.length; i++) {
    const data = encodeData(mimes[i], bundle[mimes[i]]);
    if (data === null) continue;
    fields[fields.length] = mimes[i];
    fields[fields.length] = data;
  }
  return fields;
}

/** Text, raw bytes of pictures, or JSON of everything else. */
function encodeData(mime, data) {
  if (data === undefined || data === null) return null;
  if (typeof data === 'string') {
    if (!BINARY.test(mime)) return data;
    return bufferFrom(data.startsWith('data:') ? data.slice(data.indexOf(',') + 1) : data, 'base64');
  }
  if (isView(data)) return new Bytes(bufferFrom(data.buffer, data.byteOffset, data.byteLength));
  if (isAnyArrayBuffer(data)) return new Bytes(data);
  return /json$/.test(mime) || typeof data === 'object' ? stringify(data) ?? 'null' : `${data}`;
}

/** Defines a global that stays out of the way: not enumerable, and any cell may declare its name. */
function defineGlobal(name, value) {
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/**
 * The globals. `agent` is what they need of it: send(type, fields), ask(prompt, password), cell()
 * and comms.
 */
function install(agent) {
  const show = (kind, bundle, options = {}) => {
    agent.send('D', fieldsOf(kind, bundle, options.metadata, options.display_id));
  };
  const mime = (type) => (data, options) => show('display', { [type]: data }, options);

  /**
   * Shows a value. Options: raw (the value is a MIME bundle), display_id, update (replaces what
   * was shown under display_id), metadata.
   */
  function display(value, options = {}) {
    const kind = options.update ? 'update' : 'display';
    const bundle = options.raw ? value : bundleOf(value);
    if (!isPromise(bundle)) return show(kind, bundle, options);
    return (async () => show(kind, await bundle, options))();
  }
  const kinds = {
    html: 'text/html',
    svg: 'image/svg+xml',
    png: 'image/png',
    jpeg: 'image/jpeg',
    markdown: 'text/markdown',
    latex: 'text/latex',
    json: 'application/json',
    text: 'text/plain',
  };
  for (const [name, type] of entries(kinds)) display[name] = mime(type);
  display.mime = (bundle, options) => display(bundle, { ...options, raw: true });
  display.update = (value, display_id, options) => display(value, { ...options, display_id, update: true });
  display.comm = agent.comms;

  defineGlobal('display', display);
  defineGlobal('clearOutput', (wait = false) => agent.send('U', [wait ? '1' : '0']));
  defineGlobal('prompt', (message = '', initial = null) => agent.ask(message === '' ? '' : `${message} `) ?? initial);
  defineGlobal('confirm', (message = 'Confirm') => /^y/i.test(agent.ask(`${message} [y/N] `) ?? ''));
  defineGlobal('alert', (message = 'Alert') => void agent.ask(`${message} [Enter] `));
  defineGlobal('$$', ijavascript(agent, display, kinds));
  provide('tslab', createTslab(display));
}

/** IJavascript's `$$`: its methods give the cell's result, or show more where `keepAlive` is set. */
function ijavascript(agent, display, kinds) {
  const $$ = {};
  const sendBundle = (bundle, keepAlive) => {
    const cell = agent.cell();
    if (cell?.silent) return $$.done();
    agent.send('D', fieldsOf(cell && !keepAlive ? 'result' : 'display', bundle));
    return keepAlive ? undefined : $$.done();
  };
  for (const [name, type] of entries(kinds)) $$[name] = (data, keepAlive) => sendBundle({ [type]: data }, keepAlive);
  $$.mime = sendBundle;
  $$.sendResult = (value, keepAlive) => {
    if (value === undefined) return keepAlive ? undefined : $$.done();
    const bundle = bundleOf(value);
    if (!isPromise(bundle)) return sendBundle(bundle, keepAlive);
    return (async () => sendBundle(await bundle, keepAlive))();
  };
  /** The cell is not done when its code is, but when done(), sendResult() or sendError() is called. */
  $$.async = (value) => {
    const cell = agent.cell();
    if (cell && !cell.later) {
      cell.later = new NativePromise((resolve, reject) => {
        cell.resolve = resolve;
        cell.reject = reject;
      });
    }
    return value;
  };
  $$.done = (value) => {
    if (value !== undefined) return $$.sendResult(value);
    agent.cell()?.resolve?.();
    return undefined;
  };
  $$.sendError = (error) => agent.cell()?.reject?.(error);
  $$.clear = ({ wait } = {}) => agent.send('U', [wait ? '1' : '0']);
  $$.input = ({ prompt = '', password = false } = {}, callback) => {
    const answer = agent.ask(prompt, password);
    if (callback) process.nextTick(callback, null, answer);
    return NativePromise.resolve(answer);
  };
  $$.display = (display_id) => {
    const methods = {};
    let update = false;
    for (const [name, type] of entries(kinds)) methods[name] = (data) => methods.mime({ [type]: data });
    methods.mime = (bundle) => {
      display(bundle, { raw: true, display_id, update });
      update = true;
    };
    return methods;
  };
  return $$;
}

module.exports = { bundleOf, defineGlobal, fieldsOf, install, plain };
