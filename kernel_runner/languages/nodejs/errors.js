// Errors as node's console shows them, with positions in the cell's own lines.
'use strict';

const util = require('util');

const { plain } = require('./display.js');

const { isNativeError } = util.types;
const NativeError = Error;
/** The X fields of a cell that was stopped. */
const INTERRUPTED = ['Interrupted', 'the cell was interrupted', 'Interrupted: the cell was interrupted'];

function isError(value) {
  try {
    return isNativeError(value) || value instanceof NativeError;
  } catch {
    return false;
  }
}

/** A property as text, or `otherwise`; the error may be anything, a Proxy too. */
function textOf(error, name, otherwise) {
  try {
    const value = error[name];
    return typeof value === 'string' && value ? value : otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * The fields of an X frame: name, message, traceback.
 * @param {unknown} error what was thrown
 */
function describe(error) {
  if (!isError(error)) return ['Uncaught', plain(error), `Uncaught ${plain(error)}`];
  if (textOf(error, 'code', '') === 'ERR_SCRIPT_EXECUTION_INTERRUPTED') return INTERRUPTED;
  const name = textOf(error, 'name', 'Error');
  const message = textOf(error, 'message', '');
  return [name, message, plain(error)];
}

/**
 * The fields of an X frame for a cell that V8 could not parse, with the line and a caret, as node
 * shows it for a file.
 * @param {{lineNumber: number, columnNumber: number}} details positions count from 0
 * @param {string} code the cell
 * @param {string} name In[3]
 */
function describeSyntax(error, details, code, name) {
  const message = textOf(error, 'message', '');
  const source = code.split(/\r\n|[\n\r\u2028\u2029]/)[details.lineNumber] ?? '';
  const column = Math.min(details.columnNumber, source.length);
  const from = Math.max(0, column - 200); // a minified line is long
  const caret = source.slice(from, column).replace(/[^\t]/g, ' ');
  const shown = `${name}:${details.lineNumber + 1}\n${source.slice(from, column + 200)}\n${caret}^`;
  const frame = `    at ${name}:${details.lineNumber + 1}:${details.columnNumber + 1}`;
  return ['SyntaxError', message, `${shown}\n\nSyntaxError: ${message}\n${frame}`];
}

/**
 * The fields of an X frame for a cell that its transpiler refused. The stack is the transpiler's.
 * @param {string} code the cell
 * @param {string} name In[3]
 */
function describeTranspiling(error, code, name) {
  if (error instanceof SyntaxError && error.lineNumber >= 0) return describeSyntax(error, error, code, name);
  const [kind, message] = describe(error);
  return [kind, message, `${kind}: ${message}`];
}

module.exports = { INTERRUPTED, describe, describeSyntax, describeTranspiling, isError, textOf };
