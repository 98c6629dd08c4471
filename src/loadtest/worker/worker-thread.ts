import { parentPort, workerData } from 'node:worker_threads';
import { Ledger } from '../ledger/ledger.ts';
import { LoadLoop } from './loop.ts';
import type { FromWorker, ToWorker, WorkerTask } from './messages.ts';

/**
 * A worker thread of the load test: sends its share of the plan's requests and tells of it once a second.
 *
 * Promises: the last thing it says is `done` or `failed`, and its ledger is closed before that. When it dies, the ledger
 * reads as it does after a kill: what was sent is unknown, unless an answer was written down.
 */
const port = parentPort!;
const { plan, worker, key, ledgerFile, acknowledged } = workerData as WorkerTask;
const say = (message: FromWorker) => port.postMessage(message);
const counter = new Int32Array(acknowledged);

async function run(): Promise<number> {
  const ledger = ledgerFile === null ? null : Ledger.open(ledgerFile, { plan, worker });
  const loop = new LoadLoop({
    plan,
    worker,
    key,
    ledger,
    onAccepted: () => Atomics.add(counter, worker, 1),
    onTick: say,
  });
  port.on('message', (message: ToWorker) => {
    if (message.type === 'stop') loop.stop();
  });
  try {
    return await loop.run();
  } finally {
    ledger?.close();
  }
}

try {
  say({ type: 'done', worker, dropped: await run() });
} catch (error) {
  say({ type: 'failed', worker, message: error instanceof Error ? error.message : String(error) });
}
port.close();
