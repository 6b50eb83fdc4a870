// A page around the real @chainlit/react-client: nothing to look at, but `window.tab` to hold it by. Bundled by
// support/chainlit_page.mjs. The element #root may name where Chainlit is (data-url) and what the page is (data-type).
import { ChainlitAPI, ChainlitContext, useChatData, useChatInteract, useChatMessages, useChatSession } from '@chainlit/react-client';
import { createElement, useContext, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { RecoilRoot } from 'recoil';

const root = document.getElementById('root');
const here = location.origin + location.pathname.replace(/\/$/, '');
const transports = new URLSearchParams(location.search).get('transports')?.split(',');
const api = new ChainlitAPI(root.dataset.url ?? here, root.dataset.type ?? 'webapp');

window.cut_off = 0; // times that its socket was

function Tab() {
  const client = useContext(ChainlitContext);
  const { connect, disconnect, session, sessionId } = useChatSession();
  const { sendMessage, stopTask, uploadFile, clear } = useChatInteract();
  const { connected, error, elements, loading } = useChatData();
  const { messages } = useChatMessages();

  useEffect(() => {
    connect({ userEnv: {}, transports });
  }, []);
  useEffect(() => void session?.socket.on('disconnect', () => window.cut_off++), [session?.socket]);
  window.tab = {
    id: sessionId,
    messages,
    elements,
    connected,
    error,
    loading,
    transport: session?.socket.io.engine?.transport?.name,
    say: (output) => sendMessage({ name: 'User', type: 'user_message', output }),
    upload: (text) => uploadFile(new File([text], 'file.txt', { type: 'text/plain' }), () => {}).promise,
    download: async (id) => (await fetch(client.getElementUrl(id, sessionId))).text(),
    action: (name) => client.callAction({ name, payload: {} }, sessionId),
    element: (id) => client.updateElement({ id, type: 'custom' }, sessionId),
    remove_element: (id) => client.deleteElement({ id, type: 'custom' }, sessionId),
    connect_mcp: (name) => client.connectSseMCP(sessionId, name, 'http://127.0.0.1/'),
    disconnect_mcp: (name) => client.disconnectMcp(sessionId, name),
    feedback: (value) => client.setFeedback({ value }, sessionId),
    stop: stopTask,
    clear,
    disconnect,
  };
  return null;
}

createRoot(root).render(
  createElement(RecoilRoot, null, createElement(ChainlitContext.Provider, { value: api }, createElement(Tab))),
);
