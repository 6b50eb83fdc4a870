// Every server with every client that speaks its protocol, over every transport, through pinion with two workers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { python, python_client } from './support/backend.mjs';
import { run } from './support/child.mjs';
import { transports } from './support/client.mjs';
import { scenario } from './support/scenario.mjs';
import { Stage } from './support/stage.mjs';
import { seconds, slow } from './support/wait.mjs';

const kBackends = 3;
// Seconds. Some leave a poll or a session behind when they part (Python's server does not end the poll of a session
// that was closed by a POST, its client does not fetch the last packet); the ping times are what ends those.
const ping = slow > 1 ? 10 : 5;

const matrix = {
  node4: ['js4', 'js2', 'python'],
  node2: ['js2'],
  'uvicorn-websockets': ['js4', 'python'],
  'uvicorn-wsproto': ['js4', 'python'],
  aiohttp: ['js4', 'python'],
};

/** python3-engineio under aiohttp takes the first segment of a POST for all of it, whatever is in front of it. */
const largest = (server, transport) => (server === 'aiohttp' && transport === 'polling' ? 1000 : 1_000_000);

async function play(stage, pinion, client, transport, big) {
  if (client === 'python') {
    const args = [python_client, pinion.url, transports[transport].join(), big];
    const played = await run(python, args, { ms: seconds(60) });
    assert.ok(played.code === 0 && played.stdout === 'ok\n', `${played.code} ${played.stdout}${played.stderr}`);
  } else {
    await scenario(stage, pinion.url, { backends: kBackends, version: Number(client.slice(2)), transport, big });
  }
}

for (const [server, clients] of Object.entries(matrix)) {
  describe(server, () => {
    const whole = new Stage();
    let pinion;
    before(async () => {
      pinion = await whole.pinion({ backends: await whole.backends(server, kBackends, { ping }) });
    });
    after(() => whole.close());

    for (const client of clients) {
      for (const transport of Object.keys(transports)) {
        test(`${server} and ${client} by ${transport}`, { timeout: seconds(60) }, async (t) => {
          await play(Stage.of(t), pinion, client, transport, largest(server, transport));
        });
      }
    }
    test(`${server}: nothing is left`, { timeout: seconds(30) }, () => pinion.comes_to_rest(seconds(20)));
  });
}
