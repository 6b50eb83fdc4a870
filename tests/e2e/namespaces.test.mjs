// Ids in the CONNECT of a named namespace, be it the first that a session joins or a later one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { call, client, connected, open } from './support/client.mjs';
import { request } from './support/polling.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds } from './support/wait.mjs';

for (const [coding, perMessageDeflate] of [['plain', false], ['deflate', { threshold: 0 }]]) {
  describe(`an id of a named namespace, ${coding}`, () => {
    const stage = new Stage();
    let pinion;

    before(async () => {
      pinion = await stage.pinion({
        backends: await stage.backends('node4', 3, { socketio: { perMessageDeflate } }),
        // Turn by turn: two handshakes, or plain requests, of three choose another backend.
        pool: { balance: 'round_robin', affinity: { ids: ['connect:id', 'query:tab'], connect_wait: '10s' } },
      });
    });
    after(() => stage.close());

    const from_home = async (id) => {
      const answers = Array.from({ length: 6 }, async () => (await request(`${pinion.url}/file?tab=${id}`)).body);
      return [...new Set(await Promise.all(answers))].join();
    };

    for (const transport of ['upgrade', 'websocket', 'polling']) {
      const options = { transport, perMessageDeflate };

      test(`which is the only one, ${transport}`, { timeout: seconds(60) }, async () => {
        const auth = { id: `only-${transport}` };
        const first = await client(stage, `${pinion.url}/chat`, { ...options, auth });
        const home = await call(first, 'who');
        assert.equal(await from_home(auth.id), home);
        for (let i = 0; i < 3; i++) {
          assert.equal(await call(await client(stage, `${pinion.url}/chat`, { ...options, auth }), 'who'), home);
        }
      });

      test(`which comes at once after the main one, ${transport}`, { timeout: seconds(60) }, async () => {
        const homes = [];
        for (let i = 0; i < 4; i++) {
          const auth = { id: `both-${transport}-${i}` };
          const main = stage.keep(open(pinion.url, options));
          const chat = main.io.socket('/chat', { auth });
          await Promise.all([connected(main), connected(chat)]);
          homes.push(await call(chat, 'who'));
          assert.equal(await call(main, 'who'), homes.at(-1));
          assert.equal(await from_home(auth.id), homes.at(-1));
        }
        assert.ok(new Set(homes).size > 1);
      });

      test(`which comes when the main one has long been joined, ${transport}`, { timeout: seconds(60) }, async () => {
        for (let i = 0; i < 4; i++) {
          const auth = { id: `late-${transport}-${i}` };
          const main = await client(stage, pinion.url, options);
          const home = await call(main, 'who');
          const chat = main.io.socket('/chat', { auth });
          assert.equal(await call(await connected(chat), 'who'), home);
          await eventually('its requests find it', async () => await from_home(auth.id) === home);
        }
      });
    }
  });
}
