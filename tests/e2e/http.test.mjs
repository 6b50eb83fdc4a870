// Plain HTTP through pinion: messages of every shape, on kept-alive connections, in order.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { request } from './support/polling.mjs';
import { dial } from './support/raw.mjs';
import { serve } from './support/serve.mjs';
import { Stage } from './support/stage.mjs';
import { eventually, once, seconds } from './support/wait.mjs';

const answers = {
  '/plain': (asked, answer) => answer.end(asked.url),
  '/echo': (asked, answer) => asked.pipe(answer), // no length known: chunked
  '/echo-length': async (asked, answer) => {
    const parts = [];
    for await (const part of asked) parts.push(part);
    answer.end(Buffer.concat(parts));
  },
  '/trailers': (asked, answer) => {
    answer.writeHead(200, { trailer: 'x-sum' });
    answer.write('with trailers');
    answer.addTrailers({ 'x-sum': '7' });
    answer.end();
  },
  '/204': (asked, answer) => answer.writeHead(204).end(),
  '/304': (asked, answer) => answer.writeHead(304, { etag: '"1"', 'content-length': '5' }).end(),
  '/103': (asked, answer) => {
    answer.writeEarlyHints({ link: '</style.css>; rel=preload' });
    answer.end('after hints');
  },
  '/head': (asked, answer) => {
    answer.writeHead(200, { 'content-length': '1234' });
    answer.end(asked.method === 'HEAD' ? undefined : 'x'.repeat(1234));
  },
  '/until-close': (asked, answer) => {
    answer.useChunkedEncodingByDefault = false;
    answer.shouldKeepAlive = false;
    answer.writeHead(200);
    answer.end('till the end');
  },
};

const get = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${more}\r\n`;

describe('HTTP', () => {
  const stage = new Stage();
  let backend;
  let pinion;
  let next; // what the backend does with the next request whose path is /next

  before(async () => {
    backend = await serve(stage, (asked, answer) => (answers[asked.url.split('?')[0]] ?? next)(asked, answer));
    backend.server.on('checkContinue', (asked, answer) => backend.on_continue(asked, answer));
    // Who has closed their side is waited for no longer than this once nothing moves.
    pinion = await stage.pinion({ backends: [backend], pool: { keep_alive: '1m' }, timeouts: { request_body_idle: '5s' } });
  });
  after(() => stage.close());

  const talk = async (t) => {
    const peer = await dial(pinion.port);
    t.after(() => peer.close());
    return peer;
  };

  test('many requests on one connection', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    for (let i = 0; i < 20; i++) {
      peer.write(get(`/plain?${i}`));
      await peer.until(new RegExp(`/plain\\?${i}$`));
    }
    assert.equal(peer.text.match(/HTTP\/1\.1 200 OK/g).length, 20);
  });

  test('pipelined requests are answered in order', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    const row = Array.from({ length: 50 }, (_, i) => i);
    peer.write(row.map((i) => get(`/plain?n=${i};`)).join(''));
    await peer.until(/n=49;$/);
    assert.deepEqual([...peer.text.matchAll(/\/plain\?n=(\d+);/g)].map((match) => Number(match[1])), row);
  });

  test('requests that wait behind a body are answered in order too', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    const body = 'b'.repeat(100_000);
    peer.write(`POST /echo-length HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}${get('/plain?last')}`);
    await peer.until(/\/plain\?last$/);
    assert.ok(peer.text.indexOf(body) > 0 && peer.text.indexOf(body) < peer.text.lastIndexOf('HTTP/1.1 200'));
  });

  test('HTTP/1.0, with and without keep-alive', { timeout: seconds(20) }, async (t) => {
    const once_only = await talk(t);
    once_only.write('GET /plain HTTP/1.0\r\nHost: a\r\n\r\n');
    assert.match(await once_only.until_end(), /^HTTP\/1\.[01] 200 [^]*\/plain$/);
    const chunkless = await talk(t);
    chunkless.write('GET /echo HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc');
    const said = await chunkless.until_end();
    assert.match(said, /\r\n\r\nabc$/, 'no chunks for a client that does not know them');
    const kept = await talk(t);
    kept.write('GET /plain HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
    await kept.until(/connection: keep-alive[^]*\/plain$/i);
    kept.write('GET /plain?again HTTP/1.0\r\nHost: a\r\n\r\n');
    assert.match(await kept.until_end(), /again$/);
  });

  test('chunked bodies go both ways', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    peer.write('POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n');
    await peer.until(/hello/); // streamed: it is here before the request is complete
    peer.write('6\r\n world\r\n0\r\nx-trailer: 1\r\n\r\n');
    await peer.until(/ world[^]*\r\n0\r\n\r\n$/);
    assert.match(peer.text, /transfer-encoding: chunked/i);
  });

  test('a chunked answer with trailers ends where it ends', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    peer.write(get('/trailers') + get('/plain'));
    await peer.until(/with trailers[^]*\/plain$/);
  });

  test('100-continue is the backend\'s to say', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    backend.on_continue = (asked, answer) => {
      answer.writeContinue();
      answers['/echo-length'](asked, answer);
    };
    peer.write('POST /echo-length HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    await peer.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    peer.write('body');
    await peer.until(/HTTP\/1\.1 200 [^]*body$/);

    backend.on_continue = (asked, answer) => answer.writeHead(413, { connection: 'close' }).end();
    const refused = await talk(t);
    refused.write('POST /echo-length HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    await refused.until(/^HTTP\/1\.1 413 /);
  });

  test('HEAD, 204 and 304 have no body, whatever their heads say', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    peer.write('HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n' + get('/204') + get('/304') + get('/plain?end'));
    await peer.until(/end$/);
    assert.deepEqual([...peer.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]), ['200', '204', '304', '200']);
    assert.match(peer.text, /content-length: 1234/i);
    assert.ok(!peer.text.includes('xxx'));
  });

  test('103 is passed on before the answer', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    peer.write(get('/103'));
    await peer.until(/^HTTP\/1\.1 103 [^]*style\.css[^]*\r\n\r\nHTTP\/1\.1 200 [^]*after hints$/);
  });

  test('an answer that ends with its connection is whole', { timeout: seconds(20) }, async () => {
    const answer = await request(`${pinion.url}/until-close`);
    assert.equal(answer.body, 'till the end');
  });

  test('events arrive as they are sent', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    let send;
    next = (asked, answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      send = (text) => answer.write(text);
      answer.flushHeaders();
    };
    peer.write(get('/next'));
    await peer.until(/text\/event-stream[^]*\r\n\r\n/);
    for (let i = 0; i < 10; i++) {
      send(`data: ${i}\n\n`);
      await peer.until(new RegExp(`data: ${i}\n\n`));
    }
    peer.close();
  });

  test('a client that resets ends the request at the backend', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    let gone;
    const asked_for = new Promise((resolve) => {
      next = (asked, answer) => {
        gone = once(answer, 'close');
        resolve();
      };
    });
    peer.write(get('/next'));
    await asked_for;
    peer.reset();
    await gone;
  });

  test('a half-closed client still gets its answer', { timeout: seconds(20) }, async (t) => {
    const peer = await talk(t);
    const asked_for = new Promise((resolve) => (next = (asked, answer) => resolve(answer)));
    peer.write(get('/next'));
    peer.socket.end();
    const answer = await asked_for;
    answer.end('still here');
    await peer.until(/still here/);
  });

  test('an answer that breaks off is seen to break off', { timeout: seconds(20) }, async () => {
    next = (asked, answer) => {
      answer.writeHead(200, { 'content-length': '100' });
      answer.write('some', () => answer.destroy());
    };
    await assert.rejects(request(`${pinion.url}/next`));
  });

  test('header order, case and repetition are kept', { timeout: seconds(20) }, async () => {
    let seen;
    next = (asked, answer) => {
      seen = asked.rawHeaders;
      answer.writeHead(200, ['X-B', '1', 'x-a', '2', 'X-B', '3', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']);
      answer.end();
    };
    const peer = await dial(pinion.port);
    peer.write(get('/next', 'X-Two: 1\r\nx-one: 2\r\nX-Two: 3\r\nConnection: x-secret\r\nX-Secret: no\r\nTE: gzip\r\n'));
    await peer.until(/X-B: 1\r\nx-a: 2\r\nX-B: 3\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
    peer.close();
    const ours = seen.filter((_, i) => /^x-(two|one)$/i.test(seen[i - (i % 2)]));
    assert.deepEqual(ours, ['X-Two', '1', 'x-one', '2', 'X-Two', '3']);
    assert.ok(!seen.some((text) => /^(x-secret|te)$/i.test(text)), 'hop-by-hop headers stay here');
  });

  test('kept-alive connections to the backend are used again', { timeout: seconds(20) }, async () => {
    const before_it = backend.connections;
    for (let i = 0; i < 20; i++) assert.equal((await request(`${pinion.url}/plain`)).status, 200);
    assert.ok(backend.connections - before_it <= 2, `${backend.connections - before_it} new ones, 2 workers`);
  });

  test('afterwards nothing is left', { timeout: seconds(30) }, async () => {
    await eventually('connections are gone', async () => (await pinion.status()).connections === 0);
    await pinion.comes_to_rest();
  });
});
