import type { TestDaemon } from './daemon.ts';

/** Environment of a daemon that a debugger may attach to. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

interface Attached {
  readonly sessionId: string;
  readonly workerInfo: { readonly url: string };
}

/**
 * Runs an expression in a thread of an inspectable daemon, the first whose file is `name`: from outside, as a debugger
 * does.
 */
export async function runInThread(daemon: TestDaemon, name: string, expression: string): Promise<void> {
  const url = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(daemon.output)?.[0];
  if (url === undefined) throw new Error(`no debugger listens: ${daemon.output}`);
  const socket = new WebSocket(url);
  const send = (method: string, params: object) => socket.send(JSON.stringify({ id: 1, method, params }));
  try {
    const sessionId = await new Promise<string>((resolve, reject) => {
      socket.onerror = () => reject(new Error(`cannot reach ${url}`));
      socket.onclose = () => reject(new Error(`no thread runs ${name}`));
      socket.onopen = () => send('NodeWorker.enable', { waitForDebuggerOnStart: false });
      socket.onmessage = ({ data }) => {
        const { method, params } = JSON.parse(String(data)) as { method?: string; params?: Attached };
        if (method === 'NodeWorker.attachedToWorker' && params!.workerInfo.url.includes(name))
          resolve(params!.sessionId);
      };
    });
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    const answered = new Promise((resolve) => {
      socket.onmessage = resolve;
      socket.onclose = resolve;
    });
    send('NodeWorker.sendMessageToWorker', { sessionId, message });
    await answered;
  } finally {
    socket.close();
  }
}
