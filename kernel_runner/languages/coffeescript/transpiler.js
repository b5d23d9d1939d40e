// CoffeeScript to JavaScript of the same lines, for the Node.js agent:
//
//     node agent.js transpiler.js FOLDER
//
// FOLDER is the package coffeescript. Its compiler lays lines out anew, so what it gives is taken piece
// by piece, and each statement is put back onto the line that it comes from.
'use strict';

const { isMainThread } = require('worker_threads');

const CoffeeScript = require(process.argv[3]);

// Pieces whose line ends are part of a value.
const TEMPLATE = new Set(['StringLiteral', 'StringWithInterpolations', 'TemplateElement']);
// What is left open, and would be closed by more text.
const UNFINISHED = /^(?:unexpected end of input|missing \S+$|unclosed )/;
const OPENS_BLOCK = /(?:[-=]>|\b(?:then|else|try|finally|loop)|^\s*(?:if|unless|for|while|until|switch|when|class|catch)\b.*)$/;

function syntaxError(message, { first_line: lineNumber, first_column: columnNumber }, unfinished) {
  return Object.assign(new SyntaxError(message), { lineNumber, columnNumber, unfinished });
}

/** The pieces of the script, without the comments: one of // would hide what follows on its line. */
function compile(code) {
  const tokens = CoffeeScript.tokens(code);
  for (const token of tokens) delete token.comments;
  const referencedVars = tokens.filter(([tag]) => tag === 'IDENTIFIER').map(([, name]) => name);
  return CoffeeScript.nodes(tokens).compileToFragments({ bare: true, referencedVars });
}

/** Lines end only where the compiler ended one: elsewhere JavaScript might read a semicolon. */
function layOut(fragments) {
  let script = '';
  let line = 0;
  let mayBreak = true;
  for (const { code, locationData, type } of fragments) {
    if (mayBreak && code.trim() && locationData && locationData.first_line > line) {
      script += '\n'.repeat(locationData.first_line - line);
      line = locationData.first_line;
    }
    const text = oneLine(code, type);
    script += text;
    line += text.split('\n').length - 1;
    if (code.trim()) mayBreak = /\n\s*$/.test(code);
    else mayBreak ||= code.includes('\n');
  }
  return script;
}

/** JavaScript between backticks stays as it is. */
function oneLine(code, type) {
  if (type === 'PassthroughLiteral') return code;
  return code.replaceAll('\n', TEMPLATE.has(type) ? '\\n' : ' ');
}

/** Whether the last line opens a block that has nothing in it yet. */
function isOpen(code) {
  return OPENS_BLOCK.test(code.trimEnd().split('\n').at(-1));
}

/**
 * @param {string} code CoffeeScript
 * @returns {string} JavaScript of the same lines
 */
function transpile(code) {
  try {
    return layOut(compile(code));
  } catch (error) {
    if (!error.location) throw error;
    throw syntaxError(error.message, error.location, UNFINISHED.test(error.message) || isOpen(code));
  }
}

// While the kernel starts. The agent's other thread needs it only to judge code.
if (isMainThread) setImmediate(transpile, '');

module.exports = { transpile };
