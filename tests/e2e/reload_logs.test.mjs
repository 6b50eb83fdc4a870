// A reload when the log has been rotated.
import assert from 'node:assert/strict';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Stage } from './support/stage.mjs';
import { seconds } from './support/wait.mjs';

describe('reload of logs', () => {
  test('an access log that cannot be opened anew is told of, and the rest is done', { timeout: seconds(40) }, async (t) => {
    const stage = Stage.of(t);
    const folder = join(await stage.folder(), 'logs');
    await mkdir(folder);
    const access = join(folder, 'access.log');
    const pinion = await stage.pinion({ backends: await stage.backends('node4', 1), log: { access } });
    await rename(folder, `${folder}.old`);
    await pinion.rewrite(({ proxy }) => { proxy.shutdown_grace = '7s'; });
    const told = await pinion.command('reload');
    assert.deepEqual([told.code, told.stdout], [1, '[proxy].shutdown_grace: 30s -> 7s\n']);
    assert.match(told.stderr, /^pinion: access log: cannot write .*access\.log: No such file or directory; its lines go on/);
    assert.equal(await pinion.metric('reloads_total', 'result="failed"'), 1);
    const again = await pinion.reload();
    assert.deepEqual([again.status, again.json.changes, again.json.errors.length], [200, [], 1]);
    const broken = await pinion.reload(({ route }) => { route[0].pool = 'nobody'; });
    assert.deepEqual([broken.status, broken.json.error.details.length], [422, 2], broken.text);
    const elsewhere = await pinion.reload(({ log, route }) => {
      log.access = join(`${folder}.old`, 'other.log');
      route[0].pool = 'chat';
    });
    assert.deepEqual([elsewhere.status, elsewhere.json.errors], [200, undefined], elsewhere.text);
  });
});
