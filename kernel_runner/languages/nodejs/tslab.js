// The module 'tslab', as notebooks for the kernel of that name import it (https://github.com/yunabe/tslab).
'use strict';

/**
 * @param {Function} display ours, which has a method for each of the usual MIME types
 */
function createTslab(display) {
  const kinds = {
    javascript: 'application/javascript',
    html: 'text/html',
    markdown: 'text/markdown',
    svg: 'image/svg+xml',
    latex: 'text/latex',
    text: 'text/plain',
    png: 'image/png',
    jpeg: 'image/jpeg',
    gif: 'image/gif',
    pdf: 'application/pdf',
  };
  let count = 0;

  /** A Display; what has an id takes the place of what it has shown before. */
  const create = (display_id) => {
    let update = false;
    const raw = (type, data) => {
      display.mime({ [type]: data }, { display_id, update });
      update = display_id !== undefined;
    };
    const methods = { raw };
    for (const [name, type] of Object.entries(kinds)) methods[name] = (data) => raw(type, data);
    return methods;
  };

  return { display: create(), newDisplay: () => create(`tslab-${process.pid}-${(count += 1)}`) };
}

module.exports = { createTslab };
