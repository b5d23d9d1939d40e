// Completion, inspection and is-complete. These run on the agent's second thread and look at the
// user's objects through the inspector, with side effects forbidden, also while a cell runs.
'use strict';

const fs = require('fs');
const { builtinModules } = require('module');
const path = require('path');

const { IMPORT, completeness, context, indentation } = require('./source.js');

const LIMIT = 500; // matches
const EVALUATION_LIMIT = 100; // milliseconds
const KEYWORDS = (
  'async await break case catch class const continue debugger default delete do else export extends false ' +
  'finally for function if import in instanceof let new null of return static super switch this throw true ' +
  'try typeof undefined var void while with yield'
).split(' ');
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

/** The names of the last completion. @type {string[]} */
let knownNames = [];

/** Names on the prototype chain, nearest first; an expression to be filled in. */
const propertyNames = (expression) => `(() => {
  let names = [], object = Object(${expression});
  for (; object; object = Object.getPrototypeOf(object)) names.push(Object.getOwnPropertyNames(object));
  return names;
})()`;

async function evaluate(mainThread, expression, options) {
  const { result, exceptionDetails } = await mainThread.ask('Runtime.evaluate', {
    expression,
    silent: true,
    throwOnSideEffect: true,
    timeout: EVALUATION_LIMIT,
    ...options,
  });
  return exceptionDetails ? null : result;
}

/**
 * The fields of a C answer: start and end as byte offsets, and the matches.
 * @param {{ask: Function}} mainThread
 * @param {Buffer} code
 * @param {number} offset in bytes
 * @returns {Promise<string[]>}
 */
async function complete(mainThread, code, offset) {
  const before = code.subarray(0, offset).toString();
  const place = context(before);
  let matches = [];
  if (place.kind === 'string') matches = completeString(place);
  else if (place.kind === 'member') matches = await completeMember(mainThread, place);
  else if (place.kind === 'name') matches = await completeName(mainThread, place, code.toString());
  const start = Buffer.byteLength(before.slice(0, place.start ?? before.length));
  return [String(start), String(Buffer.byteLength(before)), ...matches.slice(0, LIMIT)];
}

async function completeMember(mainThread, { text, object }) {
  const result = await evaluate(mainThread, propertyNames(object), { returnByValue: true });
  if (!result?.value) return [];
  const levels = result.value.map((names) => names.filter((name) => IDENTIFIER.test(name)).sort());
  return matching(levels.flat(), text);
}

async function completeName(mainThread, { text }, code) {
  try {
    const { names } = await mainThread.ask('Runtime.globalLexicalScopeNames', {});
    const result = await evaluate(mainThread, propertyNames('globalThis'), { returnByValue: true });
    knownNames = [names, ...(result?.value ?? [])].flatMap((level) => level.sort());
  } catch {
    // The main thread is in a system call: what was known before is still something.
  }
  const words = code.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu) ?? [];
  const others = words.filter((word) => word !== text).sort();
  return matching([...knownNames, ...KEYWORDS, ...others], text).filter((name) => name !== IMPORT && IDENTIFIER.test(name));
}

/** Those that begin with `text`, once each; those that begin with an underscore last. */
function matching(names, text) {
  const found = [...new Set(names)].filter((name) => name.startsWith(text));
  const isPrivate = (name) => name.startsWith('_');
  return [...found.filter((name) => !isPrivate(name)), ...found.filter(isPrivate)];
}

/** Modules after `require(`, `import(` and `from`; files in other strings that look like paths. */
function completeString({ text, module }) {
  const isPath = /^(?:\.{0,2}|~)\//.test(text);
  if (!module || isPath) return isPath || /^[\w.-]+\//.test(text) ? completePath(text) : [];
  const names = builtinModules.filter((name) => !name.startsWith('_'));
  const schemed = names.map((name) => (name.startsWith('node:') ? name : `node:${name}`));
  return matching([...installedModules(), ...names, ...schemed, './', '../'], text);
}

function completePath(text) {
  const cut = text.lastIndexOf('/') + 1;
  const directory = text.slice(0, cut).replace(/^~/, process.env.HOME ?? '~');
  const entries = entriesOf(path.resolve(directory));
  const names = entries.map((entry) => text.slice(0, cut) + entry.name + (entry.isDirectory() ? '/' : ''));
  return names.filter((name) => name.startsWith(text)).sort();
}

function installedModules() {
  const names = [];
  for (let directory = process.cwd(); ; directory = path.dirname(directory)) {
    const folder = path.join(directory, 'node_modules');
    for (const { name } of entriesOf(folder)) {
      if (name.startsWith('@')) names.push(...entriesOf(path.join(folder, name)).map((e) => `${name}/${e.name}`));
      else if (!name.startsWith('.')) names.push(name);
    }
    if (directory === path.dirname(directory)) return names.sort();
  }
}

function entriesOf(directory) {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

/**
 * The fields of an I answer.
 * @returns {Promise<string[]>} empty where nothing was found
 */
async function inspect(mainThread, code, offset, detail) {
  const before = code.subarray(0, offset).toString();
  const after = code.subarray(offset).toString();
  let head = before + /^[\p{ID_Continue}$]*/u.exec(after)[0];
  // Inside a call's parentheses the person asks about the function.
  if (!/[\p{ID_Continue}$]$/u.test(head)) head = head.replace(/\([^()]*$/, '');
  const place = context(head);
  if ((place.kind !== 'name' && place.kind !== 'member') || !place.text) return [];
  const expression = place.kind === 'member' ? `${place.object}.${place.text}` : place.text;
  const result = await evaluate(mainThread, expression);
  if (!result || (result.type === 'undefined' && place.kind === 'member')) return [];
  const describe = await evaluate(mainThread, `${IMPORT}.describe`);
  const answer = await mainThread.ask('Runtime.callFunctionOn', {
    objectId: describe.objectId,
    functionDeclaration: 'function (...args) { return this(...args) }',
    arguments: [argument(result), { value: expression }, { value: detail }],
    returnByValue: true,
    silent: true,
  });
  for (const { objectId } of [result, describe]) {
    if (objectId) mainThread.post('Runtime.releaseObject', { objectId }).catch(() => {});
  }
  const text = answer.result.value;
  return typeof text === 'string' ? ['text/plain', text] : [];
}

/** A value of the inspector's as an argument of Runtime.callFunctionOn. */
function argument({ objectId, unserializableValue, value }) {
  if (objectId) return { objectId };
  return unserializableValue ? { unserializableValue } : { value };
}

/**
 * The fields of a P answer.
 * @param {string} code
 * @param {(code: string) => string} transpile
 */
async function isComplete(code, transpile) {
  let script;
  try {
    script = await transpile(code, 'cell');
  } catch ({ unfinished, lineNumber }) {
    if (!(lineNumber >= 0)) return ['unknown', ''];
    return unfinished ? ['incomplete', indentation(code)] : ['invalid', ''];
  }
  const { status, indent } = completeness(script);
  return [status, indent];
}

module.exports = { argument, complete, inspect, isComplete };
