// Comms: messages between a cell's code and the frontend, as `display.comm`.
'use strict';

const { randomUUID } = require('crypto');

const { parse, stringify } = JSON;
const json = (value) => stringify(value ?? {}) ?? '{}';
const parsed = (text) => (text ? parse(text) : {});

/**
 * @param {(type: string, fields: (string | Uint8Array)[]) => void} send
 */
function createComms(send) {
  const targets = new Map();
  const open = new Map();

  /** One end of a conversation. Set onMessage and onClose: they get data, metadata and buffers. */
  class Comm {
    onMessage = null;
    onClose = null;

    constructor(id, target) {
      this.id = id;
      this.target = target;
      open.set(id, this);
    }

    send(data, metadata, buffers = []) {
      send('M', [this.id, json(data), json(metadata), ...buffers]);
    }

    close(data, metadata, buffers = []) {
      if (open.delete(this.id)) send('L', [this.id, json(data), json(metadata), ...buffers]);
    }
  }

  return {
    /** What users call. */
    api: {
      /** `opened(comm, data, metadata, buffers)` is called when the frontend opens a comm to `name`. */
      registerTarget: (name, opened) => void targets.set(name, opened),
      unregisterTarget: (name) => targets.delete(name),
      /** Opens a comm to the frontend's target `name`. */
      open(name, data, metadata, buffers = []) {
        const comm = new Comm(randomUUID(), name);
        send('O', [comm.id, name, json(data), json(metadata), ...buffers]);
        return comm;
      },
    },

    /** Takes the kernel's O, M or L; gives what the user's function gives, a promise perhaps. */
    receive(type, fields) {
      if (type === 'O') {
        const [id, target, data, metadata, ...buffers] = fields;
        const opened = targets.get(target);
        if (!opened) return send('L', [id, '{}', '{}']);
        return opened(new Comm(id, target), parsed(data), parsed(metadata), buffers);
      }
      const [id, data, metadata, ...buffers] = fields;
      const comm = open.get(id);
      if (type === 'L') open.delete(id);
      return comm?.[type === 'M' ? 'onMessage' : 'onClose']?.(parsed(data), parsed(metadata), buffers);
    },
  };
}

module.exports = { createComms };
