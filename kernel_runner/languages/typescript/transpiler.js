// TypeScript to JavaScript of the same lines, for the Node.js agent:
//
//     node agent.js transpiler.js FOLDER
//
// FOLDER is where sucrase is installed (https://github.com/alangpierce/sucrase): it takes the types
// out and leaves everything else where it stands, in less than a millisecond. Types are not checked.
// Without FOLDER, Node.js itself takes them out (from 22.13 on), which knows no enums.
'use strict';

const { createRequire, stripTypeScriptTypes } = require('module');
const path = require('path');
const { Script } = require('vm');
const { isMainThread } = require('worker_threads');

const { rewrite } = require('../nodejs/source.js');

const OPTIONS = {
  transforms: ['typescript'],
  disableESTransforms: true,
  // An import may be meant for the cells to come.
  keepUnusedImports: true,
  production: true,
};
// An enum becomes `var Name; (function (Name) {...})(Name || (Name = {}))`.
const ENUM = /\bvar ([\p{ID_Start}$_][\p{ID_Continue}$]*); \(function \(\1\) \{/gu;
// Sucrase drops namespaces without a word, and V8's word on decorators tells nobody anything.
const NAMESPACE = /^[ \t]*(?:export[ \t]+)?(?:namespace|module)[ \t]+[\p{ID_Start}$_][\p{ID_Continue}$.]*\s*\{/mu;
const DECORATOR = /^[ \t]*@[\p{ID_Start}$_]/mu;

const folder = process.argv[3];
let sucrase = null;

function transform(code) {
  sucrase ??= createRequire(path.join(folder, 'cell.cjs'))('sucrase');
  return renewEnums(sucrase.transform(code, OPTIONS).code);
}

/** With `let` a cell may define an enum anew: with `var` its members would join the old ones. */
function renewEnums(script) {
  if (!script.includes('; (function (')) return script;
  const names = [...script.matchAll(ENUM)].map(([, name]) => name);
  const isOnce = (name) => names.indexOf(name) === names.lastIndexOf(name);
  return script.replace(ENUM, (text, name) => (isOnce(name) ? text.replace('var', 'let') : text));
}

/** A SyntaxError as the agent wants it: where it is, apart from what it is. */
function syntaxError(message, line, column) {
  return Object.assign(new SyntaxError(message), { lineNumber: line - 1, columnNumber: column - 1 });
}

/** Sucrase puts "Error transforming" before what it says, and the position behind it. */
function explain(error, code) {
  if (!error.loc) return error;
  const message = error.message.replace(/^Error transforming [^:]*: /, '').replace(/ \(\d+:\d+\)$/, '');
  const atEnd = isAtEnd(error, code);
  const explained = syntaxError(atEnd ? 'Unexpected end of input' : message, error.loc.line, error.loc.column);
  explained.unfinished = atEnd || /^Unterminated (?:template|comment)/.test(message) || isMendable(code);
  return explained;
}

const isAtEnd = (error, code) => error.pos >= code.trimEnd().length;

/** Whether more text takes the error away, or at least farther: sucrase may have tried another way last. */
function isMendable(code) {
  const more = `${code}\n0`;
  try {
    transform(more);
    return true;
  } catch (error) {
    return isAtEnd(error, more);
  }
}

/** Where a construct that is not supported begins, if the code has it outside strings and comments. */
function refuse(code, pattern, what) {
  const found = pattern.exec(code);
  if (!found) return;
  const before = code.slice(0, found.index + /^[ \t]*/.exec(found[0])[0].length);
  const line = before.split('\n').length;
  throw syntaxError(`${what} are not supported here`, line, before.length - before.lastIndexOf('\n'));
}

/**
 * @param {string} code TypeScript
 * @returns {string} JavaScript of the same lines
 */
function transpile(code) {
  if (!folder) return stripTypeScriptTypes(code);
  let script;
  try {
    script = transform(code);
  } catch (error) {
    throw explain(error, code);
  }
  // Text in templates and comments survives in the script, a namespace does not.
  if (NAMESPACE.test(code) && !NAMESPACE.test(script)) refuse(code, NAMESPACE, 'Namespaces');
  if (DECORATOR.test(script)) refuseDecorators(code, script);
  return script;
}

/** Only where V8 refuses the script too: the @ may stand in a template or a comment. */
function refuseDecorators(code, script) {
  try {
    new Script(`async () => {${rewrite(script)}\n}`);
  } catch (error) {
    if (error.message === 'Invalid or unexpected token') refuse(code, DECORATOR, 'Decorators');
  }
}

// While the kernel starts. The agent's other thread needs it only to judge code.
if (isMainThread && folder) setImmediate(transform, '');

module.exports = { transpile };
