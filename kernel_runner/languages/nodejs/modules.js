// Modules as a cell sees them: require, module and import work as in a file cell.cjs of the current
// working directory, wherever process.chdir() goes.
'use strict';

const Module = require('module');
const path = require('path');
const { pathToFileURL } = require('url');

const { IMPORT } = require('./source.js');

const { cwd } = process;
const { apply } = Reflect;
const { _nodeModulePaths, builtinModules } = Module;
const { _compile } = Module.prototype;
/** Modules that are the agent's own, whatever is installed. @type {Map<string, object>} */
const provided = new Map();
const SOURCE = 'module.exports = { require, load: (name, options) => import(name, options) };';

/** A module that has no file; its import() and require() start from `directory`. */
function moduleIn(directory) {
  const filename = path.join(directory, 'cell.cjs');
  const module = new Module(filename, undefined);
  module.filename = filename;
  module.paths = _nodeModulePaths(directory);
  apply(_compile, module, [SOURCE, filename]);
  const { require, load } = module.exports;
  module.exports = {};
  module.loaded = true;
  require.main = module; // `if (require.main === module)` holds in a cell.
  return { directory, filename, module, require, load };
}

let home = null;
/** Where %dep installs: import() looks only beside its module, but not in NODE_PATH. */
const [place] = (process.env.NODE_PATH ?? '').split(path.delimiter);
const installed = place && moduleIn(path.dirname(place));

function here() {
  let directory = home?.directory ?? '/';
  try {
    directory = cwd();
  } catch {
    // The directory is gone; modules are still found from where it was.
  }
  if (home?.directory !== directory) home = moduleIn(directory);
  return home;
}

/** What `import()` in a cell calls. */
async function load(name, options) {
  if (provided.has(name)) return provided.get(name);
  try {
    return await here().load(name, options);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|:/.test(name) || !installed) throw error;
    return installed.load(name, options).catch(() => Promise.reject(error));
  }
}

/** What `import {a, b} from 'name'` calls: a missing name is an error, as it is in a module. */
load.names = async (wanted, name, options) => {
  const namespace = await load(name, options);
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] in namespace) continue;
    throw new SyntaxError(`The requested module '${name}' does not provide an export named '${wanted[i]}'`);
  }
  return namespace;
};

Object.defineProperty(load, 'meta', {
  get() {
    const { directory, filename, require } = here();
    return {
      __proto__: null,
      dirname: directory,
      filename,
      url: pathToFileURL(filename).href,
      resolve: (name) => resolve(require, directory, name),
    };
  },
});

function resolve(require, directory, name) {
  if (/^\.{0,2}\//.test(name)) return pathToFileURL(path.resolve(directory, name)).href;
  if (/^[a-z][a-z0-9+.-]*:/i.test(name)) return name;
  const found = require.resolve(name);
  return path.isAbsolute(found) ? pathToFileURL(found).href : `node:${found}`;
}

/** Defines a global that is computed when it is read, until somebody assigns to it. */
function defineLazy(name, get) {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: false,
    get,
    set(value) {
      Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
    },
  });
}

/**
 * Defines require and its kin, node's modules by their names as in node's console, and import.
 * @param {object} extra what the agent keeps in reach of its inspector sessions
 */
function install(extra) {
  defineLazy('require', () => here().require);
  defineLazy('module', () => here().module);
  defineLazy('exports', () => here().module.exports);
  defineLazy('__filename', () => here().filename);
  defineLazy('__dirname', () => here().directory);
  for (const name of builtinModules) {
    if (/[_/:]/.test(name) || name === 'sys' || name in globalThis) continue;
    defineLazy(name, () => here().require(name));
  }
  Object.assign(load, extra);
  Object.defineProperty(globalThis, IMPORT, { value: load });
}

/** Makes `require(name)` and `import` give `exports`, in all modules. */
function provide(name, exports) {
  const { _load } = Module;
  provided.set(name, { __proto__: null, ...exports, default: exports });
  Module._load = (request, ...rest) => (request === name ? exports : _load(request, ...rest));
}

/** Forgets the modules that were being loaded when a cell was stopped: half a module is no module. */
function dropUnfinished() {
  for (const name in Module._cache) {
    if (!Module._cache[name].loaded && Module._cache[name].id !== '.') delete Module._cache[name];
  }
}

module.exports = { dropUnfinished, install, provide };
