// What the agent must know about JavaScript source without running it: a tokenizer (enough of one
// to tell a regular expression from a division), and on top of it
//
//   rewrite       import and export, which V8 refuses in a script, as calls of the agent's import
//   completeness  whether a cell is finished, as a console asks before it evaluates
//   context       the expression or the string that ends at the cursor, for completion
//
// Nothing here touches the user's objects.
'use strict';

const vm = require('vm');

/**
 * Cells call this instead of `import`. It has six letters as well, so that the columns in error
 * messages stay right.
 */
const IMPORT = 'ìmport';

const NAME = /[\p{ID_Start}$_#\\][\p{ID_Continue}$\u200c\u200d\\]*/uy;
const NUMBER = /\.?\d(?:[eE][+-]?\d|[\w.])*/y;
const PUNCTUATION = /=>|\?\.(?!\d)|\+\+|--|\.\.\.|[^]/uy;
const BEFORE_REGEX = new Set(
  ('return typeof instanceof in of new delete void throw case do else yield await').split(' '),
);
const CONTROL = new Set(['if', 'while', 'for', 'with']);
const BEFORE_BLOCK = new Set([';', '{', '}', ')', '=>', ':', 'else', 'do', 'try', 'finally']);

/**
 * A token: type is name, number, string, template, regex or punctuation; start and end are
 * offsets; newline says that a line ends before it; depth is the number of brackets around it.
 * @typedef {{type: string, text: string, start: number, end: number, newline: boolean,
 *   depth: number, open?: number, block?: boolean, control?: boolean}} Token
 */

class Tokenizer {
  /** @param {string} code */
  constructor(code) {
    this.code = code;
    this.at = 0;
    this.newline = false;
    /** @type {Token[]} */
    this.tokens = [];
    /** Indices of the opening brackets that are not closed yet. @type {number[]} */
    this.stack = [];
    /** What the code ends in the middle of: string, template, regex, comment or line. */
    this.unterminated = '';
    /** Whether brackets are closed that were never open. */
    this.unbalanced = false;
  }

  run() {
    while (this.skipSpace() && this.at < this.code.length) this.token();
    return this;
  }

  get last() {
    return this.tokens[this.tokens.length - 1];
  }

  add(type, start, end, more) {
    const text = this.code.slice(start, end);
    const depth = this.stack.length;
    this.tokens.push({ type, text, start, end, newline: this.newline, depth, ...more });
    this.at = end;
    this.newline = false;
  }

  /** Passes white space and comments; false where the code ends inside a comment. */
  skipSpace() {
    const space = /\s+|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/|^#![^\n]*/y;
    for (;;) {
      space.lastIndex = this.at;
      const match = space.exec(this.code);
      if (!match) break;
      if (/[\n\r\u2028\u2029]/.test(match[0])) this.newline = true;
      this.at = space.lastIndex;
      if (match[0][0] === '/' && match[0][1] === '/' && this.at === this.code.length) {
        this.unterminated = 'line';
      }
    }
    if (!this.code.startsWith('/*', this.at)) return true;
    this.unterminated = 'comment';
    this.at = this.code.length;
    return false;
  }

  token() {
    const char = this.code[this.at];
    if (char === '"' || char === "'") return this.string(char);
    if (char === '`') return this.template();
    if (char === '/' && this.regexAllowed()) return this.regex();
    if (this.match(NUMBER, 'number') || this.match(NAME, 'name')) return undefined;
    return this.punctuation();
  }

  match(pattern, type) {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.code)) return false;
    this.add(type, this.at, pattern.lastIndex);
    return true;
  }

  string(quote) {
    const pattern = quote === '"' ? /"(?:[^"\\\n\r]|\\[^])*/y : /'(?:[^'\\\n\r]|\\[^])*/y;
    pattern.lastIndex = this.at;
    pattern.test(this.code);
    const end = Math.max(pattern.lastIndex, this.at + 1);
    const closed = this.code[end] === quote;
    if (!closed && end === this.code.length) this.unterminated = 'string';
    this.add('string', this.at, closed ? end + 1 : end);
  }

  /** One stretch of a template: up to its end, or to the next `${`. */
  template() {
    const pattern = /[`}](?:[^`\\$]|\\[^]|\$(?!\{))*/y;
    pattern.lastIndex = this.at;
    pattern.test(this.code);
    const end = pattern.lastIndex;
    if (this.code[end] === '`') return this.add('template', this.at, end + 1);
    if (this.code[end] !== '$') {
      this.unterminated = 'template';
      return this.add('template', this.at, this.code.length);
    }
    this.add('template', this.at, end + 2);
    this.stack.push(this.tokens.length - 1);
    return undefined;
  }

  regex() {
    const pattern = /\/(?:[^\\/[\n\r]|\\.|\[(?:[^\]\\\n\r]|\\.)*\])+\/?[\w$]*/y;
    pattern.lastIndex = this.at;
    if (!pattern.test(this.code)) return this.punctuation();
    const end = pattern.lastIndex;
    if (end === this.code.length && !/\/[\w$]*$/.test(this.code.slice(this.at + 1))) {
      this.unterminated = 'regex';
    }
    return this.add('regex', this.at, end);
  }

  regexAllowed() {
    const { last } = this;
    if (!last) return true;
    if (last.type === 'template') return last.text.endsWith('${');
    if (last.type === 'name') return BEFORE_REGEX.has(last.text) && !this.afterDot();
    if (last.type !== 'punctuation') return false;
    if (last.text === ')') return last.control;
    if (last.text === '}') return last.block;
    return last.text !== ']' && last.text !== '++' && last.text !== '--';
  }

  /** Whether the last token is a property's name, as in `a.return`. */
  afterDot() {
    const before = this.tokens[this.tokens.length - 2];
    return before !== undefined && (before.text === '.' || before.text === '?.');
  }

  punctuation() {
    PUNCTUATION.lastIndex = this.at;
    const text = PUNCTUATION.exec(this.code)[0];
    const end = this.at + text.length;
    if (text === '(' || text === '[' || text === '{') return this.opening(text, end);
    if (text === ')' || text === ']' || text === '}') return this.closing(text, end);
    return this.add('punctuation', this.at, end);
  }

  opening(text, end) {
    const { last } = this;
    const control = text === '(' && last?.type === 'name' && CONTROL.has(last.text) && !this.afterDot();
    const block = text === '{' && (!last || BEFORE_BLOCK.has(last.text) || last.type === 'name');
    this.add('punctuation', this.at, end, { control, block: block && last?.text !== 'return' });
    this.stack.push(this.tokens.length - 1);
  }

  closing(text, end) {
    const open = this.stack.pop();
    const opening = this.tokens[open];
    if (text === '}' && opening?.type === 'template') return this.template();
    if (!opening || '([{'.indexOf(opening.text) !== ')]}'.indexOf(text)) this.unbalanced = true;
    const { control, block } = opening ?? {};
    return this.add('punctuation', this.at, end, { open, control, block });
  }
}

/** @param {string} code */
const tokenize = (code) => new Tokenizer(code).run();

const isDot = (token) => token !== undefined && (token.text === '.' || token.text === '?.');

/**
 * The cell as a script that V8 accepts: static imports become `await` of the agent's import,
 * `import()` and `import.meta` go through it, and `export` loses its meaning. Lines stay where
 * they are; columns too, but behind a static import.
 * @param {string} code
 * @returns {string}
 */
function rewrite(code) {
  if (!/\b(?:import|export)\b/.test(code)) return code;
  const { tokens } = tokenize(code);
  let out = '';
  let copied = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token.type !== 'name' || isDot(tokens[i - 1])) continue;
    let edit = null;
    if (token.text === 'import') edit = editImport(code, tokens, i);
    else if (token.text === 'export' && token.depth === 0) edit = editExport(code, tokens, i);
    if (!edit) continue;
    const original = code.slice(token.start, edit.end);
    const lines = original.split('\n').length - edit.text.split('\n').length;
    out += code.slice(copied, token.start) + edit.text + '\n'.repeat(Math.max(lines, 0));
    copied = edit.end;
    while (i + 1 < tokens.length && tokens[i + 1].start < copied) i++;
  }
  return out + code.slice(copied);
}

function editImport(code, tokens, i) {
  const token = tokens[i];
  const next = tokens[i + 1];
  if (!next) return null;
  if (next.text === '(') return isMethod(tokens, i + 1) ? null : { text: IMPORT, end: token.end };
  if (next.text === '.') return { text: IMPORT, end: token.end };
  if (token.depth > 0) return null;
  const clause = parseClause(tokens, i + 1);
  return clause && { text: importText(clause, code), end: clause.end };
}

/** Whether the parenthesis at `open` belongs to a method: `{ import() {} }`. */
function isMethod(tokens, open) {
  const close = tokens.findIndex((token) => token.open === open);
  return close > 0 && tokens[close + 1]?.text === '{' && tokens[open].depth > 0;
}

/** Reads `x, {y as z}, * as ns from 'mod' with {...}`; null where it is something else. */
function parseClause(tokens, i) {
  const names = [];
  let star = null;
  for (; i < tokens.length && tokens[i].type !== 'string'; i++) {
    const token = tokens[i];
    if (token.text === '*') {
      star = tokens[i + 2]?.text;
      i += 2;
    } else if (token.text === '{') {
      i = parseNames(tokens, i + 1, names);
    } else if (token.type === 'name') {
      if (token.text !== 'from' || tokens[i + 1]?.type !== 'string') names.push(['default', token.text]);
    } else if (token.text !== ',') {
      return null;
    }
  }
  if (i >= tokens.length) return null;
  let end = tokens[i].end;
  let attributes = null;
  const next = tokens[i + 1];
  if ((next?.text === 'with' || next?.text === 'assert') && tokens[i + 2]?.text === '{') {
    const close = tokens.findIndex((token) => token.open === i + 2);
    if (close > 0) [attributes, end] = [[next.text, tokens[i + 2].start, tokens[close].end], tokens[close].end];
  }
  return { names, star, module: tokens[i].text, attributes, end };
}

/** Reads `y as z, w }` into `names`; the index of the closing brace. */
function parseNames(tokens, i, names) {
  for (; i < tokens.length && tokens[i].text !== '}'; i++) {
    if (tokens[i].text === ',') continue;
    const name = tokens[i].text;
    const renamed = tokens[i + 1]?.text === 'as';
    names.push([name, renamed ? tokens[i + 2]?.text : name]);
    if (renamed) i += 2;
  }
  return i;
}

function importText({ names, star, module, attributes }, code) {
  const options = attributes
    ? `, {${attributes[0]}: ${code.slice(attributes[1], attributes[2]).replace(/\s+/g, ' ')}}`
    : ', undefined';
  const wanted = names.map(([name]) => (/^["']/.test(name) ? name : `'${name}'`));
  const load = `await ${IMPORT}.names([${wanted.join(', ')}], ${module}${options})`;
  const pattern = `{${names.map(([name, local]) => `${name}: ${local}`).join(', ')}}`;
  if (star) return `const ${star} = ${load}${names.length ? `, ${pattern} = ${star}` : ''};`;
  return names.length ? `const ${pattern} = ${load};` : `void ${load};`;
}

function editExport(code, tokens, i) {
  const next = tokens[i + 1];
  if (!next) return null;
  if (next.text === '{' || next.text === '*') return editExportList(tokens, i + 1);
  if (next.text !== 'default') {
    return /^(?:const|let|var|function|class|async)$/.test(next.text)
      ? { text: '      ', end: tokens[i].end }
      : null;
  }
  const rest = code.slice(next.end);
  const anonymous = /^\s*(?:(?:async\s+)?function\s*\*?\s*\(|class\s*(?:\{|extends\b))/.test(rest);
  const blank = code.slice(tokens[i].start, next.end).replace(/\S/g, ' ');
  return { text: anonymous ? `0,${blank.slice(2)}` : blank, end: next.end };
}

function editExportList(tokens, i) {
  let close = i;
  if (tokens[i].text === '{') close = tokens.findIndex((token) => token.open === i);
  else if (tokens[i + 1]?.text === 'as') close = i + 2;
  if (close < i) return null;
  const module = tokens[close + 2];
  if (tokens[close + 1]?.text !== 'from' || module?.type !== 'string') {
    return { text: ';', end: tokens[close].end };
  }
  return { text: `void await ${IMPORT}(${module.text});`, end: module.end };
}

/**
 * Whether a cell is finished.
 * @param {string} code JavaScript
 * @returns {{status: 'complete' | 'incomplete' | 'invalid', indent: string}}
 */
function completeness(code) {
  const scan = tokenize(code);
  const script = rewrite(code);
  const errors = [syntaxError(script)];
  if (errors[0] && /\bawait\b/.test(script)) {
    if (!syntaxError(`(async () => {${script}\n})`)) return { status: 'complete', indent: '' };
    errors.push(syntaxError(`(async () => {${script}`));
  }
  if (!errors[0]) return { status: 'complete', indent: '' };
  if (!errors.some((error) => isUnfinished(error, scan))) return { status: 'invalid', indent: '' };
  return { status: 'incomplete', indent: indentOf(scan) };
}

const indentOf = ({ unterminated, stack }) => (unterminated === 'template' ? '' : '  '.repeat(stack.length));

/**
 * The next line's indentation.
 * @param {string} code
 */
const indentation = (code) => indentOf(tokenize(code));

function syntaxError(script) {
  try {
    new vm.Script(script, { filename: 'cell' });
    return null;
  } catch (error) {
    return error;
  }
}

/** As node's own console decides it: would more text mend this error? */
function isUnfinished(error, scan) {
  if (scan.unbalanced) return false;
  const { message } = error;
  if (message === 'Unexpected end of input' || scan.unterminated === 'comment') return true;
  if (scan.unterminated === 'template') return true;
  if (scan.unterminated === 'string') return scan.code.endsWith('\\\n');
  if (!/^(?:missing \)|Unterminated template|Missing )/.test(message)) return false;
  // `f(1` and a line break: the caret stands behind the last character.
  const [, line, caret] = /^[^\n]*\n([^\n]*)\n([^\n]*)/.exec(error.stack) ?? [];
  return line !== undefined && caret.trimEnd().length >= line.trimEnd().length && scan.stack.length > 0;
}

/**
 * What stands before the cursor.
 * @param {string} before the code up to the cursor
 * @returns {{kind: 'none'}
 *   | {kind: 'string', text: string, start: number, module: boolean}
 *   | {kind: 'name', text: string, start: number}
 *   | {kind: 'member', text: string, start: number, object: string}}
 */
function context(before) {
  const { tokens, unterminated } = tokenize(before);
  const last = tokens[tokens.length - 1];
  if (unterminated === 'string') {
    const previous = tokens[tokens.length - 2];
    const called = previous?.text === '(' && /^(?:require|import|resolve)$/.test(tokens[tokens.length - 3]?.text);
    const module = called || previous?.text === 'from' || previous?.text === 'import';
    return { kind: 'string', text: last.text.slice(1), start: last.start + 1, module };
  }
  if (unterminated) return { kind: 'none' };
  const touching = last?.type === 'name' && last.end === before.length;
  const dot = tokens.length - (touching ? 2 : 1);
  const text = touching ? last.text : '';
  const start = touching ? last.start : before.length;
  if (!isDot(tokens[dot])) {
    return last?.end === before.length && /^(?:string|number)$/.test(last.type)
      ? { kind: 'none' }
      : { kind: 'name', text, start };
  }
  const first = chainStart(tokens, dot - 1);
  if (first < 0) return { kind: 'none' };
  const object = before.slice(tokens[first].start, tokens[dot - 1].end);
  return { kind: 'member', text, start, object };
}

/** The index of the first token of the member expression that ends at token `i`, or -1. */
function chainStart(tokens, i) {
  for (;;) {
    const token = tokens[i];
    if (!token) return -1;
    const start = token.open ?? i;
    if (token.text === '}') return -1;
    const before = tokens[start - 1];
    if (isDot(before)) i = start - 2;
    else if (start < i && before && (before.text === ']' || before.text === ')')) i = start - 1;
    else if (start < i && before?.type === 'name' && !BEFORE_REGEX.has(before.text)) i = start - 1;
    else return token.type === 'punctuation' && start === i ? -1 : start;
  }
}

module.exports = { IMPORT, rewrite, completeness, context, indentation };
