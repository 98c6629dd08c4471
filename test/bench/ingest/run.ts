/**
 * What an event costs: `npm run bench` (needs wrk and nginx; BENCH_SECONDS, BENCH_ROUNDS).
 *
 * In one run, in turn, the sender on the same machine: TrackFlow over HTTP and WebSocket, what Node and nginx cost without
 * keeping anything, and what a user would write instead. The figures of TrackFlow count only when all that was
 * acknowledged is stored, which is checked, and "stored" runs until the last row is. CPU is of all threads of the server's
 * process (the engine's beside it), from /proc. The ratios are of the medians.
 */
import os from 'node:os';
import { startDaemon } from '../../support/daemon.ts';
import { DIRECT_BATCH, measureDirect } from './direct.ts';
import { HEADING, type Measured, row, summary } from './measured.ts';
import { measureBare, measureInsertPerRequest, measureNginx } from './peers.ts';
import { BATCH, ROUNDS, SECONDS } from './rounds.ts';
import { CONNECTIONS, send, sendByWebSocket } from './send.ts';
import { measureTrackflow } from './trackflow.ts';

const CANDIDATES = {
  bare: '(a) bare node:http, keeps nothing',
  single: '(b) TrackFlow, single',
  batched: `(c) TrackFlow, batches of ${BATCH}`,
  direct: `(d) direct JSONEachRow, batches of ${DIRECT_BATCH}`,
  webSocket: `(e) TrackFlow, WebSocket, batches of ${BATCH}`,
  nginx: '(f) nginx 204 with an access log',
  insert: '(g) one insert per request',
  asyncInsert: '(h) one insert per request, async_insert',
} as const;

type Candidate = keyof typeof CANDIDATES;

const rounds = Object.fromEntries(Object.keys(CANDIDATES).map((name) => [name, [] as Measured[]])) as Record<
  Candidate,
  Measured[]
>;

for (let round = 0; round < ROUNDS; round++) {
  await using daemon = await startDaemon();
  rounds.bare.push(await measureBare());
  rounds.single.push(await measureTrackflow(daemon, 1, send));
  rounds.batched.push(await measureTrackflow(daemon, BATCH, send));
  rounds.webSocket.push(await measureTrackflow(daemon, BATCH, sendByWebSocket));
  rounds.direct.push(await measureDirect(daemon));
  rounds.nginx.push(await measureNginx());
  rounds.insert.push(await measureInsertPerRequest(daemon, false));
  rounds.asyncInsert.push(await measureInsertPerRequest(daemon, true));
  process.stderr.write(`round ${round + 1} of ${ROUNDS} done\n`);
}
report();

function report(): void {
  const median = Object.fromEntries(Object.entries(rounds).map(([name, of]) => [name, summary(of)])) as Record<
    Candidate,
    Measured
  >;
  const { bare, single, batched, direct, webSocket } = median;
  const ratio = (a: number, b: number) => (a / b).toFixed(2);
  const lines = [
    `${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}; ${CONNECTIONS} connections, ` +
      `${SECONDS} s, median of ${ROUNDS} rounds`,
    '',
    ...HEADING,
    ...Object.entries(CANDIDATES).map(([name, title]) => row(title, median[name as Candidate])),
    '',
    `(b)/(a) rate ${ratio(single.eventsPerSecond, bare.eventsPerSecond)}, CPU ${ratio(single.cpuMicros, bare.cpuMicros)}; ` +
      `(c)/(d) acknowledged ${ratio(batched.eventsPerSecond, direct.eventsPerSecond)}, ` +
      `stored ${ratio(batched.storedPerSecond, direct.storedPerSecond)}; ` +
      `(e)/(c) acknowledged ${ratio(webSocket.eventsPerSecond, batched.eventsPerSecond)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
