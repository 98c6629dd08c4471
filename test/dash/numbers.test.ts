import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { percentile } from '../../daemon/telemetry/histogram.ts';
import { rounded } from '../../daemon/telemetry/rings.ts';
import type { ClickHouse } from '../../src/clickhouse/client.ts';
import type { TableFigures } from '../../src/control/storage.ts';
import { LATENCY_BOUNDS_MS } from '../../src/control/stream.ts';
import type { DashDocument } from '../../src/dashboard/print/snapshot.ts';
import { bytes, duration, fullNumber, milliseconds, percent, shortNumber } from '../../src/terminal/numbers.ts';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { metrics } from '../support/metrics.ts';
import { openWriter } from '../support/writer.ts';
import { DrawnScreens } from './drawn-screens.ts';

const RETENTION_DAYS = 400;
const REQUESTS = 40;
const AGREE_MS_MAX = 100_000;
const PROBE_MS = 10_000;

type Metrics = Awaited<ReturnType<typeof metrics>>;

/** Totals of figures on the screen, second by second. */
class Shown {
  readonly #sums = new Map<string, number>();

  add(name: string, text: string): void {
    const value = Number(text.replaceAll(',', ''));
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + (Number.isNaN(value) ? 0 : value));
  }

  get(name: string): number {
    return Math.round((this.#sums.get(name) ?? 0) * 10) / 10;
  }
}

/**
 * 40 requests in about two seconds: 480 page views and 240 sign-ups, 20 payments that are sent twice, 80 events without a
 * name; then 3 requests with nothing else than such an event, which are answered 400.
 */
async function load(daemon: TestDaemon): Promise<void> {
  for (let request = 0; request < REQUESTS; request++) {
    const paid = { event_id: `0190aaaa-bbbb-7ccc-8ddd-${String(request % 20).padStart(12, '0')}` };
    const of = (count: number, event: object) => Array.from({ length: count }, (_, index) => ({ ...event, n: index }));
    const answer = await daemon.post([
      ...of(12, { account: 'acme', name: 'page_view', visitor_id: `visitor-${request % 8}` }),
      ...of(6, { account: 'shop', name: 'sign_up', visitor_id: `visitor-${request % 8}` }),
      { account: 'shop', name: 'paid', visitor_id: 'visitor-0', ...paid },
      ...of(2, { account: 'acme' }),
    ]);
    expect(answer.status).toBe(202);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (let request = 0; request < 3; request++) expect((await daemon.post({ account: 'acme' })).status).toBe(400);
}

/** Latency of the answers between two looks, by bucket. */
function answersBetween(before: Metrics, after: Metrics): number[] {
  const counts = (of: Metrics) =>
    LATENCY_BOUNDS_MS.map((ms, bucket) => {
      const bound = bucket === LATENCY_BOUNDS_MS.length - 1 ? '+Inf' : String(Math.round(ms * 1_000) / 1e6);
      return of[`receive_ack_seconds_bucket{le="${bound}"}`]!;
    });
  const [first, last] = [counts(before), counts(after)];
  return last.map((count, bucket) => count - first[bucket]! - ((last[bucket - 1] ?? 0) - (first[bucket - 1] ?? 0)));
}

describe('every number on the screen is that of /metrics and of ClickHouse', () => {
  let daemon: TestDaemon;
  let writer: ClickHouse;
  let screens: DrawnScreens;
  const shown = new Shown();

  beforeAll(async () => {
    daemon = await startDaemon({ settings: { 'listen.collectors': 2, 'events.retentionDays': RETENTION_DAYS } });
    writer = openWriter(daemon);
    screens = new DrawnScreens(daemon, noteRates);
    await daemon.until(async () => screens.ticks.length > 0);
  });

  afterAll(async () => {
    screens?.close();
    await writer?.close();
    await daemon?.[Symbol.asyncDispose]();
  });

  /** Reads what stands on the screen of this second and is gone in the next. */
  function noteRates(): void {
    const overview = screens.draw('overview');
    const card = (title: string) => overview.panel(title).lines;
    shown.add('accepted', /^(\S+)\/s/.exec(card('ACCEPTED')[0]!)![1]!);
    shown.add('stored', /^(\S+)\/s/.exec(card('STORED')[0]!)![1]!);
    shown.add('duplicates', /duplicates (\S+)\/s/.exec(card('STORED')[1]!)![1]!);
    shown.add('rejected', /^(\S+)\/s/.exec(card('REJECTED')[0]!)![1]!);
    shown.add('4xx', /4xx (\S+)/.exec(card('REJECTED')[1]!)![1]!);
    shown.add('503', /503 (\S+)/.exec(card('REJECTED')[1]!)![1]!);
    shown.add('commits', /^(\S+)\/s/.exec(overview.row('Pipeline', 'commit'))![1]!);
    shown.add('flushes', /^(\S+)\/s/.exec(overview.row('Pipeline', 'flush'))![1]!);
    shown.add('failures', /^(\S+)\/s/.exec(overview.row('Pipeline', 'failures'))![1]!);
    shown.add('inserts', /^(\S+)\/s/.exec(overview.row('ClickHouse', 'inserts'))![1]!);
    const ingest = screens.draw('ingest');
    for (const line of ingest.panel('Sources').lines.slice(1)) {
      const [, label, events, , , duplicates] =
        /^(\w+\/(?:\w+|\(no name\))) +(\S+) +(\S+) +(\S+) +(\S+) /.exec(line) ?? [];
      if (label === undefined) continue;
      shown.add(label, events!);
      shown.add(`${label} duplicates`, duplicates!);
    }
    shown.add('ingest rejected', /^(\S+)\/s rejected/.exec(ingest.panel('Turned away').note)![1]!);
  }

  /** Waits for a second in which all of it is so: what is looked at changes from one second to the next. */
  async function agree(check: (now: Metrics) => void | Promise<void>): Promise<void> {
    const deadline = Date.now() + AGREE_MS_MAX;
    for (;;) {
      const before = screens.ticks.length;
      await daemon.until(async () => screens.ticks.length > before);
      const tick = screens.ticks.length;
      const now = await metrics(daemon);
      try {
        await check(now);
        if (screens.ticks.length === tick) return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }

  test('the rates of all seconds add up to what was counted and is stored', { timeout: 120_000 }, async () => {
    await load(daemon);
    const { events } = await daemon.drained();
    await daemon.until(async () => screens.total('stored') >= events.stored - 0.01);
    const answered = await metrics(daemon);
    await daemon.until(
      async () => screens.total('requests_2xx') > answered['receive_requests_total{code="2xx"}']! + 0.99,
    );
    // A second that the daemon missed is shared with the next, and shown rounded.
    const isWhole = screens.ticks.every((values) => Number.isInteger(values[0]) && Number.isInteger(values[1]));
    const tolerance = isWhole ? 0 : 10;
    const equals = (name: string, value: number) =>
      expect(Math.abs(shown.get(name) - value), `${name}: ${shown.get(name)}, not ${value}`).toBeLessThanOrEqual(
        tolerance,
      );

    const [stored] = await daemon.query<Record<string, number>>(
      `SELECT count() AS events, countIf(name = 'page_view') AS views, countIf(name = 'sign_up') AS sign_ups,
         countIf(name = 'paid') AS paid FROM events`,
    );
    expect(stored).toEqual({ events: 740, views: 480, sign_ups: 240, paid: 20 });
    const now = await metrics(daemon);
    expect([now.events_accepted_total, now.events_stored_total, now.events_duplicate_total]).toEqual([740, 740, 20]);
    equals('accepted', 740);
    equals('stored', 740);
    equals('duplicates', 20);
    equals('rejected', 83);
    equals('ingest rejected', 83);
    equals('4xx', now['receive_requests_total{code="4xx"}']!);
    equals('503', 0);
    equals('commits', now.spool_commits_total!);
    equals('flushes', now['flush_inserts_total{outcome="stored"}']!);
    equals('inserts', now['flush_inserts_total{outcome="stored"}']!);
    equals('failures', 0);
    equals('acme/page_view', 480);
    equals('shop/sign_up', 240);
    equals('shop/paid', 20);
    equals('shop/paid duplicates', 20);
    expect(Math.abs(screens.total('received_bytes') - now.receive_bytes_total!)).toBeLessThan(1);
  });

  test('the Overview is /metrics', { timeout: 120_000 }, async () => {
    await daemon.control.startTask('retention');
    const { config } = await daemon.control.config();
    let [before, probedAt] = [{} as Metrics, 0];
    await agree(async (now) => {
      // Latencies are those of one event, and stand on the screen for some seconds only.
      if (Date.now() - probedAt > PROBE_MS) {
        before = now;
        await daemon.post({ account: 'acme', name: 'probe', visitor_id: 'visitor-1' });
        await daemon.drained();
        probedAt = Date.now();
      }
      const screen = screens.draw('overview');
      const { receivedAt, facts } = screens.store.getSnapshot();
      const { limits } = facts.state!;
      const card = (title: string) => screen.panel(title).lines;
      const of = (name: string) => rounded(now[name]!);
      const mean = (seconds: string, count: string) =>
        milliseconds(rounded(((now[seconds]! - before[seconds]!) * 1_000) / (now[count]! - before[count]!)));
      const p = (share: number) => milliseconds(rounded(percentile(answersBetween(before, now), share)));
      const { schedules, tasks } = await daemon.control.tasks();
      const next = schedules.map(({ nextAt }) => nextAt).sort()[0]!;
      const memoryMax = limits.engineMemoryBytesMax;

      expect(card('ACCEPTED')).toEqual(['0/s', `peak ${shortNumber(screens.largest('accepted'))}`]);
      expect(card('STORED')).toEqual(['0/s', 'duplicates 0/s']);
      expect(card('REJECTED')).toEqual(['0/s', '4xx 0  503 0']);
      expect(card('LAG ack→query')).toEqual([
        milliseconds(of('lag_seconds')! * 1_000),
        `max ${milliseconds(screens.largest('lag_ms'))}`,
      ]);
      const spoolShare = percent(now.spool_bytes! / config.spool.bytesMax);
      expect(card('QUEUE')).toEqual([
        `${shortNumber(now.spool_rows)} ${spoolShare}`,
        `oldest ${now.spool_oldest_seconds!.toFixed(1)} s`,
      ]);
      expect(card('ACK p50 / p99')).toEqual([`${p(0.5)} / ${p(0.99)}`, `p99.9 ${p(0.999)}`]);
      expect(card('DISK')).toEqual([`${bytes(now.host_disk_free_bytes!)} free`, 'not filling']);
      expect(card('TASKS')).toEqual(['0 run  0 fail', `next in ${duration(Date.parse(next) - receivedAt)}`]);

      expect(screen.panel('Events/s').note).toContain(`max ${shortNumber(screens.largest('accepted'))}`);
      const bare = (share: number) => p(share).replace(' ms', '');
      expect(screen.panel('Ack latency ms').note).toBe(
        `p50 ${bare(0.5)} p99 ${bare(0.99)} p90 ${bare(0.9)} p99.9 ${bare(0.999)}`,
      );

      const stage = (name: string) => screen.row('Pipeline', name);
      expect(stage('receive')).toBe(`${shortNumber(now.receive_connections)} conn  0B/s`);
      expect(stage('in flight')).toBe(`${bytes(now.receive_inflight_bytes!)}  ${now.receive_websockets} websockets`);
      expect(stage('commit')).toBe(`0/s  ${mean('spool_commit_seconds_total', 'spool_commits_total')}`);
      expect(stage('spool')).toBe(`${now.spool_rows} ░░░░░░░░░░ ${spoolShare} of bytes`);
      expect(stage('oldest')).toBe(`${now.spool_oldest_seconds!.toFixed(1)} s`);
      expect(stage('flush')).toBe(
        `0/s  ${mean('flush_insert_seconds_total', 'flush_inserts_total{outcome="stored"}')}`,
      );
      expect(stage('failures')).toBe(`0/s  dead letters ${now.events_dead_lettered}`);

      const engine = (name: string, nth = 0) => screen.row('ClickHouse', name, nth);
      const [rows, size] = [now.engine_table_rows!, now.engine_table_bytes!];
      expect(engine('inserts')).toBe('0/s');
      expect(engine('parts')).toBe(`${now.engine_parts} active  merges ${now.engine_merges}`);
      expect(engine('memory')).toMatch(
        new RegExp(
          `^${bytes(now.engine_memory_bytes!)}/${bytes(memoryMax)} \\S+ ${percent(now.engine_memory_bytes! / memoryMax!)}$`,
        ),
      );
      expect(engine('cpu')).toBe(`${percent(of('engine_cpu_cores'))}  rss ${bytes(now.engine_resident_bytes!)}`);
      expect(engine('events')).toBe(`${shortNumber(rows)} rows  ${bytes(size)}`);
      expect(engine('row size')).toBe(`${fullNumber(size / rows)} B`);
      const [stored] = await daemon.query<{ n: number }>('SELECT count() AS n FROM events');
      expect(rows).toBe(stored!.n);

      const first = (name: string) => screen.row('System', name).replace(/ +[▁-█ ]*$/, '');
      expect(first('daemon cpu')).toBe(percent(of('process_cpu_cores')));
      expect(first('daemon rss')).toBe(
        `${bytes(now.process_resident_bytes!)} ${percent(now.process_resident_bytes! / limits.hostMemoryBytes)}`,
      );
      expect(first('loop p99')).toBe(milliseconds(rounded(now.process_loop_delay_p99_seconds! * 1_000)));
      expect(first('host cpu')).toBe(percent(of('host_cpu_share')));
      expect(first('engine cpu')).toBe(percent(of('engine_cpu_cores')));
      const disk = `${bytes(now.host_disk_free_bytes!)} free (${percent(now.host_disk_free_bytes! / limits.diskBytes)})`;
      expect(screen.row('System', 'disk')).toBe(`${disk}  not filling`);
      expect(screen.row('System', 'memory')).toMatch(new RegExp(`^${bytes(now.host_memory_used_bytes!)} `));
      expect(screen.row('System', 'files')).toMatch(new RegExp(`^${fullNumber(now.process_open_files)} of `));
      expect(screen.row('System', 'sockets')).toBe(`${now.receive_connections} http  ${now.receive_websockets} ws`);
      expect(screen.panel('Tasks').note).toBe('0 run  0 wait  0 fail');
      expect(tasks.map(({ kind, state }) => [kind, state])).toContainEqual(['retention', 'done']);
    });
  });

  test('the view Ingest is /metrics', { timeout: 120_000 }, async () => {
    await agree((now) => {
      const screen = screens.draw('ingest');
      const missing = now['events_rejected_total{reason="missing"}']!;
      expect(missing).toBe(83);
      expect(screen.row('Turned away', 'missing')).toMatch(new RegExp(`^rejected +${missing}$`));
      expect(screen.panel('Turned away').lines.filter((line) => line !== '')).toHaveLength(2);
      expect(screen.panel('Turned away').note).toBe('0/s rejected  0/s refused');
      expect(screen.panel('Received bytes/s').note).toBe(`max ${bytes(screens.largest('received_bytes'))}`);
      const answers = Math.max(screens.largest('requests_2xx'), screens.largest('requests_4xx'));
      expect(screen.panel('Answers/s  2xx filled, 4xx points').note).toBe(`max ${shortNumber(answers)}`);
    });
  });

  test('the view Storage is what ClickHouse has', { timeout: 120_000 }, async () => {
    await agree(async (now) => {
      const tables = await storedTables(writer);
      const events = tables.find(({ name }) => name === 'events')!;
      const [limits] = await writer.query<{ delay: number; refuse: number }>(
        `SELECT toUInt32(anyIf(value, name = 'parts_to_delay_insert')) AS delay,
           toUInt32(anyIf(value, name = 'parts_to_throw_insert')) AS refuse FROM system.merge_tree_settings`,
      );
      const [{ rows }] = (await daemon.query<{ rows: number }>('SELECT count() AS rows FROM events')) as [
        { rows: number },
      ];
      const { schedules } = await daemon.control.tasks();
      const nextAt = schedules.find(({ kind }) => kind === 'retention')!.nextAt;
      const screen = screens.draw('storage');
      const { receivedAt, facts } = screens.store.getSnapshot();
      const { figures, failure } = facts.storage!;

      expect(failure).toBe('');
      expect(screen.row('Storage', 'parts')).toBe(
        `${events.parts} of ${fullNumber(limits!.refuse)}  █░░░░░░░░░  ${percent(events.parts / limits!.refuse)}`,
      );
      expect(screen.row('Storage', 'fullest')).toMatch(
        new RegExp(`^events \\d{6}  slowed from ${fullNumber(limits!.delay)}$`),
      );
      expect(screen.row('Storage', 'merges')).toBe('none running');
      expect(screen.row('Storage', 'mutations')).toBe('none waiting');
      expect(screen.row('Storage', 'retention')).toBe(
        `${RETENTION_DAYS} days  next run in ${duration(Date.parse(nextAt) - receivedAt)}`,
      );
      const free = now.host_disk_free_bytes!;
      expect(screen.row('Storage', 'disk')).toBe(
        `${bytes(free)} free (${percent(free / facts.state!.limits.diskBytes)})  not filling`,
      );
      const age = duration(receivedAt - figures!.askedAt);
      expect(screen.row('Storage', 'asked')).toBe(`${age} ago  took ${milliseconds(figures!.tookMs)}  every 5s`);

      expect(events.rows).toBe(rows);
      expect(events.rows).toBe(now.engine_table_rows);
      expect(screen.panel('Tables').note).toBe(bytes(tables.reduce((sum, { diskBytes }) => sum + diskBytes, 0)));
      for (const table of tables) {
        const { name, parts, diskBytes, compressedBytes, uncompressedBytes } = table;
        const ratio = `${(uncompressedBytes / compressedBytes).toFixed(1)}x`;
        const sizes = [compressedBytes, uncompressedBytes].map((size) => bytes(size));
        const cells = [shortNumber(table.rows), bytes(diskBytes), ratio, fullNumber(parts), ...sizes];
        expect(screen.row('Tables', name).split(/ +/)).toEqual([...cells, fullNumber(diskBytes / table.rows)]);
      }
      expect(screen.panel('Merges').note).toBe('0 running');
      expect(screen.panel('Mutations').note).toBe('0 waiting');
      expect(screen.panel('Active parts').note).toBe(`max ${shortNumber(screens.largest('engine_parts'))}`);
      expect(screen.panel('Events waiting in the spool').note).toBe(
        `max ${shortNumber(screens.largest('spool_rows'))}`,
      );
      expect(screen.panel('Insert time').note).toBe(`max ${milliseconds(screens.largest('insert_ms'))}`);
    });
  });

  test('the document for pipes says the same', { timeout: 120_000 }, async () => {
    const deadline = Date.now() + AGREE_MS_MAX;
    for (;;) {
      try {
        await sameDocument();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }

    async function sameDocument(): Promise<void> {
      const now = await metrics(daemon);
      const { stdout } = await runCli(['dash', '--once', '--json', '--home', daemon.home]);
      const { figures, state, storage, tasks } = JSON.parse(stdout) as DashDocument;
      expect(figures).toMatchObject({
        accepted: 0,
        stored: 0,
        spool_rows: now.spool_rows,
        spool_bytes: now.spool_bytes,
        dead_lettered: now.events_dead_lettered,
        table_rows: now.engine_table_rows,
        table_bytes: now.engine_table_bytes,
        engine_parts: now.engine_parts,
      });
      expect(figures.live_visitors).toBe(now.visitors_live);
      expect(state.rejectedByReason.missing).toBe(83);
      expect(storage!.figures!.tables).toMatchObject(await storedTables(writer));
      expect(tasks.map(({ kind, state: is }) => [kind, is])).toContainEqual(['retention', 'done']);
    }
  });
});

/** The tables by what they take, as ClickHouse itself says. */
function storedTables(writer: ClickHouse): Promise<Omit<TableFigures, 'fullestPartition'>[]> {
  return writer.query(
    `SELECT table AS name, toFloat64(sum(rows)) AS rows, toFloat64(count()) AS parts,
       toFloat64(sum(bytes_on_disk)) AS diskBytes, toFloat64(sum(data_compressed_bytes)) AS compressedBytes,
       toFloat64(sum(data_uncompressed_bytes)) AS uncompressedBytes
     FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table ORDER BY diskBytes DESC`,
  );
}
