// The real JavaScript clients, versions 4 and 2, behind one face.
import { io as io4 } from 'socket.io-client';
import io2 from 'socket.io-client-v2';
import { once, seconds, within } from './wait.mjs';

/** What the word in the test's name means to a client. */
export const transports = {
  polling: ['polling'],
  websocket: ['websocket'],
  upgrade: ['polling', 'websocket'],
};

/** A client that is connecting; each has an Engine.IO session of its own. */
export function open(url, { version = 4, transport = 'upgrade', ...options } = {}) {
  const io = version === 2 ? io2 : io4;
  return io(url, { transports: transports[transport], forceNew: true, reconnection: false, ...options });
}

/** The engine below a client: {id, transport}. The engine's id is what pinion calls the sid. */
export const engine_of = (socket) => socket.io.engine;

/** An error as soon as one of the events comes that mean that what was hoped for will not. */
function dashed(emitter, ...events) {
  return new Promise((_, reject) => {
    for (const event of events) {
      emitter.once(event, (error) => reject(new Error(`${event}: ${error?.message ?? error} ${error?.description?.message ?? ''}`)));
    }
  });
}

/** Waits until it is connected, and where it should upgrade until it has. */
export async function connected(socket, ms = seconds(20)) {
  if (!socket.connected) {
    const hopes = [once(socket, 'connect', ms), dashed(socket, 'connect_error')];
    if (!socket.io.reconnection()) hopes.push(dashed(socket.io, 'close'));
    await Promise.race(hopes);
  }
  const engine = engine_of(socket);
  if (engine.upgrade !== false && socket.io.opts.transports?.join() === transports.upgrade.join()) {
    await upgraded(socket, ms);
  }
  return socket;
}

/** Waits until the engine speaks WebSocket. */
export async function upgraded(socket, ms = seconds(20)) {
  const engine = engine_of(socket);
  if (engine.transport.name === 'websocket') return;
  await Promise.race([once(engine, 'upgrade', ms), dashed(engine, 'close', 'upgradeError')]);
}

/** Opens a client and waits for it. */
export async function client(stage, url, options) {
  const socket = stage.keep(open(url, options));
  return connected(socket);
}

/** Sends an event and waits for its acknowledgement. */
export function call(socket, event, ...args) {
  return within(`ack of ${event}`, new Promise((resolve) => socket.emit(event, ...args, resolve)), seconds(20));
}
