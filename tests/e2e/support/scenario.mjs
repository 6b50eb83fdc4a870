// What every pair of server and client has to be able to do through pinion.
import assert from 'node:assert/strict';
import { call, client, engine_of } from './client.mjs';
import { once, seconds } from './wait.mjs';

/** Two clients on one backend: of one more client than there are backends, two must share one. */
async function peers(stage, url, backends, options) {
  const sockets = await Promise.all(Array.from({ length: backends + 1 }, () => client(stage, url, options)));
  const by_name = new Map();
  for (const socket of sockets) {
    const name = await call(socket, 'join', 'room');
    by_name.set(name, [...(by_name.get(name) ?? []), socket]);
  }
  const pair = [...by_name.values()].sort((a, b) => b.length - a.length)[0].slice(0, 2);
  for (const socket of sockets) if (!pair.includes(socket)) socket.disconnect();
  assert.equal(pair.length, 2);
  return pair;
}

/** @param big characters of the largest message, which goes both ways */
export async function scenario(stage, url, { backends, big = 1_000_000, ...options }) {
  const [a, b] = await peers(stage, url, backends, options);
  assert.equal(engine_of(a).transport.name, options.transport === 'polling' ? 'polling' : 'websocket');

  const value = { text: 'grüße', n: 1, list: [null, true] };
  assert.deepEqual(await call(a, 'echo', value), value);

  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  assert.deepEqual(Buffer.from(await call(a, 'binary', bytes)), Buffer.from(bytes).reverse());

  const heard = [once(a, 'said'), once(b, 'said')];
  a.emit('say', 'room', 'hello');
  assert.deepEqual(await Promise.all(heard), [['hello'], ['hello']]);

  const long = 'm'.repeat(big);
  assert.ok((await call(a, 'echo', long)) === long, 'a long message came back as it was sent');

  a.disconnect();
  const gone = once(b, 'disconnect', seconds(10));
  b.emit('kick');
  assert.equal((await gone)[0], 'io server disconnect');
}
