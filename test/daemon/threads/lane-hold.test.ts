import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FlushTarget, InsertOutcome } from '../../../daemon/flush/target.ts';
import { batchNumber } from '../../../daemon/spool/batch.ts';
import { nodeDisk } from '../../../daemon/spool/disk.ts';
import { SpoolState } from '../../../daemon/state/spool-state.ts';
import { allocateCounters, Counters } from '../../../daemon/telemetry/counters.ts';
import { laneEvents } from '../../../daemon/threads/lane-events.ts';
import type { LaneService } from '../../../daemon/threads/lane-service.ts';
import { SpoolService } from '../../../daemon/threads/spool-service.ts';
import { EVENT_COLUMN_HEADS } from '../../../src/clickhouse/native/encoded-rows.ts';
import { resolveConfig } from '../../../src/config/resolve.ts';
import { appendMessage, sampleEvent } from '../../support/events.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { until } from '../../support/until.ts';
import { StateFile } from '../state/state-file.ts';

const OLD = 202609;
const NEW = 202611;
const TIME = { [OLD]: Date.UTC(2026, 8, 15), [NEW]: Date.UTC(2026, 10, 15) };
const LIMITS = { waitMs: 60_000, holdMs: 60_000 };
const WAIT_MS = 5_000;
const STORED: InsertOutcome = { seen: 'stored', writtenRows: 1 };

/** A server whose inserts end when the test says so. */
class SlowTarget implements FlushTarget {
  readonly waiting: ((outcome: InsertOutcome) => void)[] = [];
  /** Ends each insert at once. */
  quick = false;
  readonly #inserted = new Set<bigint>();

  async insert(_block: Buffer, token: string): Promise<InsertOutcome> {
    const outcome = this.quick
      ? STORED
      : await new Promise<InsertOutcome>((resolve) => {
          this.waiting.push(resolve);
        });
    if (outcome.seen === 'stored') this.#inserted.add(batchNumber(token.split('#')[0]!));
    return outcome;
  }

  async count(batch: bigint): Promise<ReadonlyMap<number, number>> {
    const none = new Map<number, number>();
    if (!this.#inserted.has(batch)) return none;
    return service.lane.sealed.find(({ name }) => batchNumber(name) === batch)?.months ?? none;
  }

  ids = async () => new Map();
}

let state: StateFile;
let target: SlowTarget;
let spool: SpoolService;
let service: LaneService;
let stored: number[];
let flushing: Promise<void>;
let folder: string;
let group = 0;

beforeEach(() => {
  folder = temporaryHome();
  state = new StateFile();
  target = new SlowTarget();
  open();
});

afterEach(async () => {
  target.quick = true;
  service.hold.release(1);
  for (const end of target.waiting) end(STORED);
  service.flusher.stop();
  await flushing;
  service.lane.close();
  state.remove();
});

function open(): void {
  stored = [];
  const counters = new Counters(allocateCounters(1), 0);
  const hooks = { fatal: () => {}, changed: () => {}, now: Date.now };
  const events = laneEvents(counters, 'events', () => {}, hooks);
  const lane = {
    name: 'events',
    state: new SpoolState(state.db, 'events'),
    target,
    events: {
      ...events,
      stored: (batch: { months: ReadonlyMap<number, number> }) => void stored.push(...batch.months.keys()),
    },
    served: true,
  };
  spool = new SpoolService({
    folder,
    config: resolveConfig({ home: folder, env: {}, flags: { 'spool.freeBytesMin': 0 } }).config,
    disk: nodeDisk,
    columns: EVENT_COLUMN_HEADS,
    strategy: 'hybrid',
    spoolBytes: () => spool.bytes,
    lanes: [lane],
    now: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
  });
  service = spool.lanes[0]!;
  flushing = service.flusher.run();
}

/** One event of that month, committed and sealed as a batch of its own. */
async function batchOf(month: typeof OLD | typeof NEW): Promise<void> {
  group++;
  await new Promise((resolve) =>
    spool.committer.submit(appendMessage(group, [sampleEvent(group, { occurred_at: TIME[month]! })]), resolve),
  );
  await service.seal();
}

describe('while somebody takes rows of a month away', () => {
  it('batches of that month wait, and others before them go on', async () => {
    target.quick = true;
    expect(await service.hold.ask(1, [OLD], LIMITS)).toBe(true);
    await batchOf(NEW);
    await batchOf(OLD);
    await until(() => stored.length === 1, WAIT_MS);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stored).toEqual([NEW]);
    service.hold.release(1);
    await until(() => stored.length === 2, WAIT_MS);
    expect(stored).toEqual([NEW, OLD]);
  });

  it('none is in flight: the answer waits for the one that is, through failures too', async () => {
    await batchOf(OLD);
    await until(() => target.waiting.length === 1, WAIT_MS);
    let granted = false;
    const asked = service.hold.ask(1, [OLD], LIMITS).then((answer) => {
      granted = answer;
    });
    target.waiting.pop()!({ seen: 'unknown', error: 'cut' });
    await until(() => target.waiting.length === 1, WAIT_MS);
    expect(granted).toBe(false);
    target.waiting.pop()!(STORED);
    await asked;
    expect(granted).toBe(true);
    expect(stored).toEqual([OLD]);
  });

  it('none is left that an earlier process may have tried', async () => {
    await batchOf(OLD);
    await until(() => target.waiting.length === 1, WAIT_MS);
    await batchOf(NEW);
    await batchOf(OLD);
    service.flusher.stop();
    target.waiting.pop()!({ seen: 'unknown', error: 'killed' });
    await flushing;
    service.lane.close();
    open();
    const asked = service.hold.ask(1, [OLD], LIMITS);
    for (let batch = 0; batch < 3; batch++) {
      await until(() => target.waiting.length === 1, WAIT_MS);
      expect(stored).toHaveLength(batch);
      target.waiting.pop()!(STORED);
    }
    expect(await asked).toBe(true);
    expect(stored).toEqual([OLD, NEW, OLD]);
  });
});
