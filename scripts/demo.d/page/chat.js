'use strict';

const at = (id) => document.getElementById(id);
const state = at('state');
const log = at('log');
const choice = at('choice');

let socket;
let you;
let server;
const streams = new Map(); // id: {entry, heading, body, n, got, in_order}

choice.value = sessionStorage.getItem('transports') ?? choice.value;

function show(name, text) {
  state.dataset.state = name;
  state.textContent = text;
}

/** Adds to the log, and follows its end unless the reader has scrolled up. */
function append(kind, from, text) {
  const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const entry = document.createElement('li');
  entry.className = kind;
  const heading = document.createElement('b');
  heading.textContent = from;
  const body = document.createElement('span');
  body.textContent = text;
  entry.append(...(from ? [heading] : []), body);
  log.append(entry);
  if (follows) log.scrollTop = log.scrollHeight;
  return { entry, heading, body };
}

function show_engine() {
  const { engine } = socket.io;
  at('transport').textContent = engine.transport.name === 'websocket' ? 'WebSocket' : 'polling';
  at('sid').textContent = engine.id;
}

function on_token({ id, i, text }) {
  const stream = streams.get(id);
  if (!stream) return;
  stream.in_order &&= i === stream.got;
  stream.got++;
  const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  stream.body.textContent += `${text} `;
  stream.heading.textContent = `${server} · token ${stream.got} of ${stream.n}`;
  if (stream.got === stream.n) {
    stream.heading.textContent = `${server} · ${stream.n} tokens, ${stream.in_order ? 'all in order' : 'out of order'}`;
    stream.entry.removeAttribute('aria-busy');
    streams.delete(id);
  }
  if (follows) log.scrollTop = log.scrollHeight;
}

function listen() {
  socket.on('connect', () => {
    show('connected', 'Connected');
    show_engine();
    socket.io.engine.on('upgrade', show_engine);
  });
  socket.on('welcome', (welcome) => {
    ({ you, server } = welcome);
    streams.clear();
    at('server').textContent = server;
    append('note', '', `You are ${you} on ${server}.`);
  });
  socket.on('people', (n) => (at('people').textContent = n === 1 ? 'only you' : `${n} people`));
  socket.on('message', ({ from, text }) => append(from === you ? 'mine' : '', from, text));
  socket.on('stream', ({ id, n }) => {
    const bubble = append('', `${server} · token 0 of ${n}`, '');
    bubble.entry.setAttribute('aria-busy', 'true'); // not read out word by word
    streams.set(id, { ...bubble, n, got: 0, in_order: true });
  });
  socket.on('token', on_token);
  socket.on('disconnect', (reason) => {
    show('connecting', 'Reconnecting');
    append('note', '', `Connection lost (${reason}).`);
  });
  socket.on('connect_error', () => show('failed', 'No answer, trying again'));
}

function open() {
  socket?.off().disconnect();
  show('connecting', 'Connecting');
  for (const id of ['server', 'transport', 'sid', 'people']) at(id).textContent = '–';
  socket = io({ transports: choice.value.split(','), forceNew: true });
  listen();
}

choice.addEventListener('change', () => {
  sessionStorage.setItem('transports', choice.value);
  open();
});
at('form').addEventListener('submit', (event) => {
  event.preventDefault();
  socket.emit('message', at('text').value);
  at('text').value = '';
  at('text').focus();
});
open();
