// A bare Engine.IO 4 client over WebSocket, for tests that care when a client reads.
import WebSocket from 'ws';
import { within } from './wait.mjs';

/**
 * Joins the default namespace.
 * @param hears called with the text of each packet that comes after that
 * @returns {socket, sid}
 */
export async function joined(stage, url, hears) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
  stage.keep(socket);
  let sid;
  await within('joins', new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      const text = data.toString();
      if (text.startsWith('0')) {
        sid = JSON.parse(text.slice(1)).sid;
        socket.send('40');
      } else if (text.startsWith('40')) {
        resolve();
      } else {
        hears(text);
      }
    });
  }));
  return { socket, sid };
}
