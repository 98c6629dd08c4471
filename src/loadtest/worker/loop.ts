/**
 * Starts the requests of one worker when the schedule says, and never waits for one before it starts the next.
 *
 * Open model: a request that is due leaves if a connection is free; else it waits in order, and its latency runs from when
 * it should have left. Closed model: a connection that is answered sends the next request.
 *
 * Promises: nothing is sent after `stop`; `run` resolves when every request that was sent is answered or given up, with the
 * number of those that were due and never sent. Always true: at most `WAITING_MAX` requests wait in a lane; what is due
 * above that is dropped. After the last stage, what still waits has the time of one answer to leave, then it is dropped. A
 * machine without sockets or a ledger without disk ends it: `run` rejects, or the error leaves the callback it came up in.
 */
import { watchHealth } from '../measure/health.ts';
import { Arrivals } from '../plan/arrivals.ts';
import { Intensity } from '../plan/intensity.ts';
import type { LoadPlan } from '../plan/plan.ts';
import { requestAt } from '../profile/requests.ts';
import type { Verdict } from '../send/answer.ts';
import type { Sender, SenderOwner } from '../send/sender.ts';
import { Exchange } from './exchange.ts';
import { Lane, type LaneOptions, laneOf, lanesOf } from './lane.ts';
import type { WorkerTick } from './messages.ts';
import { Meter } from './meter.ts';
import { Transmitter, type TransmitterOptions } from './transmitter.ts';

/** Requests of a lane that may be late at a time: ten seconds at 26,000 a second. */
const WAITING_MAX = 262_144;
/** In the closed model, requests of one lane that may be ahead of the other. */
const AHEAD_MAX = 256;
/**
 * Timers wake to the millisecond, so what is due within half of one leaves with what is due: a request is half a millisecond
 * early or late instead of up to one late. Its latency counts from when it left.
 */
const EARLY_MS = 0.5;
/** How long requests are encoded and sent in one turn of the event loop, so that answers are heard in between. */
const BURST_MS_MAX = 2;
const SECOND_MS = 1_000;

export interface LoadLoopOptions extends Omit<TransmitterOptions, 'meter'>, LaneOptions {
  readonly plan: LoadPlan;
  readonly onTick: (tick: WorkerTick) => void;
}

export class LoadLoop implements SenderOwner<Exchange> {
  readonly #options: LoadLoopOptions;
  readonly #arrivals: Arrivals;
  readonly #durationMs: number;
  readonly #meter: Meter;
  readonly #transmitter: Transmitter;
  readonly #lanes: readonly Lane[];
  readonly #health = watchHealth();
  /** On the clock of `performance.now`. */
  readonly #startedAt: number;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #end = Promise.withResolvers<number>();
  #wake: NodeJS.Timeout | undefined;
  #isPumpDue = false;
  #isStopped = false;
  #hasEnded = false;
  #underWay = 0;
  #dropped = 0;
  #second = 0;

  constructor(options: LoadLoopOptions) {
    const { plan, worker } = options;
    this.#options = options;
    this.#arrivals = new Arrivals(plan, worker);
    this.#durationMs = new Intensity(plan.stages).durationMs;
    this.#meter = new Meter(worker, plan.warmupMs, this.#health);
    this.#transmitter = new Transmitter({ ...options, meter: this.#meter });
    this.#lanes = lanesOf(plan).map((name) => new Lane(name, options, this));
    this.#startedAt = performance.now() + plan.startedAt - Date.now();
  }

  run(): Promise<number> {
    const { plan } = this.#options;
    for (const lane of this.#lanes) this.#openAll(lane);
    this.#at(this.#durationMs, () => this.#scheduleIsOver());
    this.#at(this.#durationMs + plan.timeoutMs, () => this.stop());
    this.#tickLater();
    this.#at(0, () => this.#pump());
    return this.#end.promise.finally(() => this.#close());
  }

  /** Sends nothing further. What waits is dropped. */
  stop(): void {
    this.#isStopped = true;
    for (const { waiting } of this.#lanes) {
      // In the closed model nothing is due before it is sent.
      const { length } = waiting.clear();
      if (this.#options.plan.model === 'open') this.#dropped += length;
    }
    this.#endIfDone();
  }

  settled(sender: Sender<Exchange>, exchange: Exchange, verdict: Verdict): void {
    if (this.#transmitter.settled(sender, exchange, verdict, this.#elapsed())) return;
    this.#underWay--;
    this.#endIfDone();
  }

  free(sender: Sender<Exchange>): void {
    const lane = this.#lanes.find(({ name }) => name === sender.kind)!;
    lane.free.push(sender);
    this.#pumpSoon();
  }

  exhausted(error: Error): void {
    this.#end.reject(
      new Error(`this machine has no more sockets for the generator: ${error.message}`, { cause: error }),
    );
  }

  /** Once all answers that are here are heard: encoding in between would make the later ones look late. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    setImmediate(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  /** Starts what can be started now, and sees to it that it is called again in time. */
  #pump(): void {
    if (this.#hasEnded) return;
    const nowMs = this.#elapsed();
    if (!this.#isStopped) this.#draw(nowMs);
    const untilMs = nowMs + BURST_MS_MAX;
    for (const lane of this.#lanes) this.#start(lane, untilMs);
    if (this.#lanes.some(({ free, waiting }) => free.length > 0 && waiting.length > 0)) this.#pumpSoon();
    else this.#sleep();
    this.#endIfDone();
  }

  #sleep(): void {
    const { atMs } = this.#arrivals;
    if (this.#wake !== undefined || this.#isStopped || this.#options.plan.model === 'closed') return;
    if (atMs === Number.POSITIVE_INFINITY) return;
    const ms = Math.max(1, Math.floor(atMs - EARLY_MS - this.#elapsed()));
    this.#wake = this.#later(ms, () => {
      this.#wake = undefined;
      this.#pump();
    });
  }

  #draw(nowMs: number): void {
    if (this.#options.plan.model === 'open') this.#drawDue(nowMs);
    else if (nowMs >= 0 && nowMs < this.#durationMs) this.#drawNext(nowMs);
  }

  /** Puts into its lane what the schedule has start by now. */
  #drawDue(nowMs: number): void {
    const { plan } = this.#options;
    const arrivals = this.#arrivals;
    for (; arrivals.atMs <= nowMs + EARLY_MS; arrivals.advance()) {
      this.#meter.scheduled();
      const exchange = new Exchange(requestAt(plan, arrivals.k), arrivals.atMs);
      const { waiting } = this.#laneOf(exchange);
      if (waiting.length < WAITING_MAX) waiting.push(exchange);
      else this.#dropped++;
    }
  }

  /** Puts requests into the lanes until each free connection has one. */
  #drawNext(nowMs: number): void {
    const { plan } = this.#options;
    const wants = ({ free, waiting }: Lane) => free.length > waiting.length;
    while (this.#lanes.some(wants) && this.#lanes.every(({ waiting }) => waiting.length < AHEAD_MAX)) {
      const exchange = new Exchange(requestAt(plan, this.#arrivals.k), nowMs);
      this.#laneOf(exchange).waiting.push(exchange);
      this.#arrivals.advance();
    }
  }

  /** Sends what waits in a lane while there are connections, and time. */
  #start({ free, waiting }: Lane, untilMs: number): void {
    for (let nowMs = this.#elapsed(); nowMs < untilMs && free.length > 0; nowMs = this.#elapsed()) {
      const exchange = waiting.shift();
      if (exchange === undefined) return;
      if (this.#options.plan.model === 'closed') {
        this.#meter.scheduled();
        exchange.intendedMs = nowMs;
      }
      this.#underWay++;
      this.#transmitter.send(free.shift()!, exchange, nowMs);
    }
  }

  #laneOf({ request }: Exchange): Lane {
    const name = laneOf(request);
    return this.#lanes.length === 1 ? this.#lanes[0]! : this.#lanes.find((lane) => lane.name === name)!;
  }

  #openAll({ name, senders }: Lane): void {
    const { plan, worker } = this.#options;
    const { userAgent } = requestAt(plan, worker);
    for (const sender of senders) sender.open(name === 'websocket' ? '/v1/ws' : '/', userAgent);
  }

  #scheduleIsOver(): void {
    if (this.#options.plan.model === 'closed') this.stop();
    else this.#pump();
  }

  /** Tells of the second that is over. When the loop was late by more, those before it have no tick of their own. */
  #tickLater(): void {
    this.#at((this.#second + 1) * SECOND_MS, () => {
      const over = Math.max(this.#second, Math.floor(this.#elapsed() / SECOND_MS) - 1);
      this.#second = over + 1;
      this.#options.onTick(this.#meter.take(over, this.#waiting));
      this.#tickLater();
    });
  }

  get #waiting(): number {
    return this.#lanes.reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  #endIfDone(): void {
    if (this.#hasEnded || this.#underWay > 0 || this.#waiting > 0) return;
    const isOver = this.#arrivals.atMs === Number.POSITIVE_INFINITY && this.#elapsed() >= this.#durationMs;
    if (!this.#isStopped && !isOver) return;
    this.#hasEnded = true;
    this.#end.resolve(this.#dropped);
  }

  #close(): void {
    this.#hasEnded = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const lane of this.#lanes) lane.close();
    if (!this.#meter.isEmpty) this.#options.onTick(this.#meter.take(this.#second, 0));
    this.#health.close();
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt;
  }

  /** Calls at a moment of the plan, never before it. */
  #at(ms: number, call: () => void): void {
    const left = ms - this.#elapsed();
    // A timer may fire a fraction early, and takes no more than 24 days.
    this.#later(Math.min(Math.max(0, Math.ceil(left)), TIMER_MS_MAX), () => {
      if (this.#elapsed() < ms) this.#at(ms, call);
      else call();
    });
  }

  #later(ms: number, call: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      call();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }
}

const TIMER_MS_MAX = 2 ** 31 - 1;
