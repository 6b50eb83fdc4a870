// Upgrades that do not come about: the session goes on by polling.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import WebSocket from 'ws';
import { PollingSession } from './support/polling.mjs';
import { upgrade_request } from './support/raw.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, seconds } from './support/wait.mjs';

const kEnds = {
  'by a reset': (socket) => socket._socket.resetAndDestroy(),
  'by its end': (socket) => socket._socket.destroy(),
};

// python-engineio would answer the polls of such a session with NOOPs until its ping timeout.
for (const server of ['node4', 'uvicorn-websockets', 'uvicorn-wsproto', 'aiohttp']) {
  describe(`${server}: a WebSocket that is cut off between the 101 and its probe`, () => {
    for (const [how, cut] of Object.entries(kEnds)) {
      test(how, { timeout: seconds(60) }, async (t) => {
        const stage = Stage.of(t);
        const pinion = await stage.pinion({ backends: await stage.backends(server, 1) });
        const session = await (await new PollingSession(pinion.url).open()).connect();
        const url = `${pinion.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${session.sid}`;
        const socket = new WebSocket(url);
        await once(socket, 'open');
        cut(socket);
        await eventually('it is noticed', async () => (await pinion.sessions())[0].last_error === 'upgrade-failed');
        await session.push('420["who"]');
        const answer = await eventually('an answer', async () => (await session.poll()).match(/430\["(.*)"\]/));
        assert.equal(answer[1], `${server}-1`);
        await session.close();
      });
    }
  });
}

for (const server of ['uvicorn-websockets', 'uvicorn-wsproto', 'aiohttp']) {
  test(`${server}: a WebSocket that is refused for its origin leaves the session as it was`, { timeout: seconds(60) }, async (t) => {
    const stage = Stage.of(t);
    const pinion = await stage.pinion({ backends: await stage.backends(server, 1) });
    const session = await (await new PollingSession(pinion.url).open()).connect();
    const path = `/socket.io/?EIO=4&transport=websocket&sid=${session.sid}`;
    const peer = stage.keep(await upgrade_request(pinion.port, path, ['Origin: http://elsewhere.example']));
    await peer.until(/^HTTP\/1\.1 40[03] /);
    assert.equal(await session.who(), `${server}-1`);
    assert.equal((await pinion.sessions()).length, 1);
    await session.close();
  });
}
