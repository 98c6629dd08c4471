/**
 * `npm run bench`: what TrackFlow costs, beside a named peer in the same run on the same machine.
 *
 *   (a) a bare node:http server that parses the same JSON and answers 202
 *   (b) TrackFlow, one event to a request       (c) TrackFlow, 100 events to a request
 *   (d) the same rows inserted into the same engine directly, JSONEachRow in batches of 10,000
 *
 * The sender is wrk with 256 keep-alive connections on the same cores. (b) and (c) count only when every acknowledged event
 * is stored, which is checked, and their time runs until the last one is. CPU is of all threads of the server's process
 * (and of the engine's, shown apart), from /proc.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openClickHouse } from '../../src/clickhouse/client.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { cpuSeconds } from './cpu-seconds.ts';
import { CONNECTIONS, send } from './wrk.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const WARM_UP_SECONDS = 3;
const BATCH = 100;
const DIRECT_BATCH = 10_000;
const DIRECT_ROWS = 400_000;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

interface Measured {
  readonly eventsPerSecond: number;
  readonly storedPerSecond: number;
  readonly cpuMicros: number;
  readonly engineCpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function measureBare(): Promise<Measured> {
  const child = fork(path.join(import.meta.dirname, 'bare-server.mjs'));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const url = `http://127.0.0.1:${port}`;
  await send(url, 1, WARM_UP_SECONDS);
  const before = cpuSeconds(child.pid!);
  const sent = await send(url, 1, SECONDS);
  const cpu = cpuSeconds(child.pid!) - before;
  child.kill();
  const rate = sent.requests / sent.seconds;
  return {
    ...sent,
    eventsPerSecond: rate,
    storedPerSecond: 0,
    cpuMicros: (cpu / sent.requests) * 1e6,
    engineCpuMicros: 0,
  };
}

async function measureTrackflow(daemon: TestDaemon, batch: number): Promise<Measured> {
  await send(daemon.url, batch, WARM_UP_SECONDS);
  await daemon.drained();
  const start = await daemon.status();
  const enginePid = start.engine.pid;
  const [before, engineBefore, startedAt] = [cpuSeconds(daemon.pid), cpuSeconds(enginePid), performance.now()];
  const sent = await send(daemon.url, batch, SECONDS);
  const cpu = cpuSeconds(daemon.pid) - before;
  const end = await daemon.drained();
  const seconds = (performance.now() - startedAt) / 1_000;
  const engineCpu = cpuSeconds(enginePid) - engineBefore;
  const events = end.events.accepted - start.events.accepted;
  const stored = end.events.stored - start.events.stored;
  // wrk cuts the requests under way when its time is up: those are stored although it did not count them.
  const counted = sent.requests * batch;
  if (stored !== events || events < counted || sent.errors > 0) {
    throw new Error(`acknowledged ${counted}, accepted ${events}, stored ${stored}, errors ${sent.errors}`);
  }
  return {
    ...sent,
    eventsPerSecond: counted / sent.seconds,
    storedPerSecond: stored / seconds,
    cpuMicros: (cpu / events) * 1e6,
    engineCpuMicros: (engineCpu / events) * 1e6,
  };
}

/** The rows TrackFlow has stored, inserted again the way most people do it. */
async function measureDirect(daemon: TestDaemon): Promise<Measured> {
  const engineFile = JSON.parse(fs.readFileSync(path.join(daemon.home, 'run', 'engine.json'), 'utf8'));
  const { engine } = await daemon.status();
  const endpoint = {
    url: engine.url,
    database: 'trackflow',
    writer: { user: 'trackflow', password: engineFile.writerPassword },
    reader: { user: 'trackflow', password: engineFile.writerPassword },
  };
  const server = openClickHouse(endpoint, 'writer');
  await server.command('CREATE TABLE direct AS events');
  const rows = await server.query<object>(
    `SELECT * EXCEPT batch FROM events LIMIT ${DIRECT_BATCH}`,
    {},
    { rowsMax: DIRECT_BATCH },
  );
  const body = Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
  const headers = { 'X-ClickHouse-User': 'trackflow', 'X-ClickHouse-Key': engineFile.writerPassword };
  const insert = `${engine.url}/?database=trackflow&async_insert=0&query=${encodeURIComponent('INSERT INTO direct FORMAT JSONEachRow')}`;
  const before = cpuSeconds(engine.pid);
  const startedAt = performance.now();
  for (let sent = 0; sent < DIRECT_ROWS; sent += DIRECT_BATCH) {
    const answer = await fetch(insert, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(await answer.text());
    await answer.arrayBuffer();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const engineCpuMicros = ((cpuSeconds(engine.pid) - before) / DIRECT_ROWS) * 1e6;
  await server.command('DROP TABLE direct SYNC');
  await server.close();
  const rate = DIRECT_ROWS / seconds;
  return { eventsPerSecond: rate, storedPerSecond: rate, cpuMicros: 0, engineCpuMicros, p50Ms: 0, p99Ms: 0 };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function summary(rounds: readonly Measured[]): Measured {
  const of = (pick: (measured: Measured) => number) => median(rounds.map(pick));
  return {
    eventsPerSecond: of((m) => m.eventsPerSecond),
    storedPerSecond: of((m) => m.storedPerSecond),
    cpuMicros: of((m) => m.cpuMicros),
    engineCpuMicros: of((m) => m.engineCpuMicros),
    p50Ms: of((m) => m.p50Ms),
    p99Ms: of((m) => m.p99Ms),
  };
}

const rounds: Record<'bare' | 'single' | 'batched' | 'direct', Measured[]> = {
  bare: [],
  single: [],
  batched: [],
  direct: [],
};
for (let round = 0; round < ROUNDS; round++) {
  await using daemon = await startDaemon();
  rounds.bare.push(await measureBare());
  rounds.single.push(await measureTrackflow(daemon, 1));
  rounds.batched.push(await measureTrackflow(daemon, BATCH));
  rounds.direct.push(await measureDirect(daemon));
  process.stderr.write(`round ${round + 1} of ${ROUNDS} done\n`);
}
report();

function report(): void {
  const [a, b, c, d] = [rounds.bare, rounds.single, rounds.batched, rounds.direct].map(summary) as [
    Measured,
    Measured,
    Measured,
    Measured,
  ];
  const row = (name: string, m: Measured) =>
    `| ${name} | ${Math.round(m.eventsPerSecond)} | ${Math.round(m.storedPerSecond) || '–'} | ${m.cpuMicros.toFixed(1)} | ` +
    `${m.engineCpuMicros.toFixed(1)} | ${m.p50Ms.toFixed(1)} | ${m.p99Ms.toFixed(1)} |`;
  const lines = [
    `${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}; ${CONNECTIONS} connections, ` +
      `${SECONDS} s, median of ${ROUNDS} rounds`,
    '',
    '| | events/s acknowledged | events/s stored | CPU µs/event | engine CPU µs/event | p50 ms | p99 ms |',
    '|---|---|---|---|---|---|---|',
    row('(a) bare node:http', a),
    row('(b) TrackFlow, single', b),
    row(`(c) TrackFlow, batches of ${BATCH}`, c),
    row(`(d) direct JSONEachRow, batches of ${DIRECT_BATCH}`, d),
    '',
    `(b)/(a) rate ${(b.eventsPerSecond / a.eventsPerSecond).toFixed(2)}, CPU ${(b.cpuMicros / a.cpuMicros).toFixed(2)}; ` +
      `(c)/(d) acknowledged ${(c.eventsPerSecond / d.eventsPerSecond).toFixed(2)}, stored ${(c.storedPerSecond / d.storedPerSecond).toFixed(2)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
