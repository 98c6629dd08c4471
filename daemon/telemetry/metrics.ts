import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import { COUNTERS, GAUGES, HISTOGRAMS, type HistogramName } from './catalogue.ts';
import type { Counters } from './counters.ts';
import { BUCKETS } from './histogram.ts';

const PREFIX = 'trackflow_';
const LABELLED = /^(\w+)\{(\w+)="([^"]+)"\}$/;

/** The catalogue as Prometheus metrics, read from the shared memory at the moment of the question. */
export class Metrics {
  readonly #registry = new Registry();

  constructor(counters: Counters) {
    const byName = new Map<string, { slot: (typeof COUNTERS)[number]; label?: string; value?: string }[]>();
    for (const slot of COUNTERS) {
      const match = LABELLED.exec(slot);
      const name = match?.[1] ?? slot;
      const series = match ? { slot, label: match[2]!, value: match[3]! } : { slot };
      byName.set(name, [...(byName.get(name) ?? []), series]);
    }
    for (const [name, series] of byName) {
      new Counter({
        name: PREFIX + name,
        help: name.replaceAll('_', ' '),
        labelNames: series.flatMap(({ label }) => label ?? []),
        registers: [this.#registry],
        collect() {
          this.reset();
          for (const { slot, label, value } of series) {
            if (label === undefined) this.inc(counters.read(slot));
            else this.inc({ [label]: value! }, counters.read(slot));
          }
        },
      });
    }
    for (const name of GAUGES) {
      new Gauge({
        name: PREFIX + name,
        help: name.replaceAll('_', ' '),
        registers: [this.#registry],
        collect() {
          this.set(counters.read(name));
        },
      });
    }
    for (const name of Object.keys(HISTOGRAMS) as HistogramName[]) this.#addHistogram(name, counters);
  }

  async render(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  /** Answers like a histogram of the library, which would count for itself: ours is counted by other threads already. */
  #addHistogram(name: HistogramName, counters: Counters): void {
    const full = PREFIX + name;
    // The last bound is open, and Prometheus wants seconds; microseconds are fine enough.
    const bounds = HISTOGRAMS[name].slice(0, -1).map((ms) => Math.round(ms * 1_000) / 1e6);
    const counts = new Float64Array(BUCKETS);
    const get = async () => {
      const sum = counters.readHistogram(name, counts) / 1_000;
      let count = 0;
      const buckets = [...bounds, '+Inf'].map((le, bucket) => {
        count += counts[bucket]!;
        return { metricName: `${full}_bucket`, labels: { le }, value: count };
      });
      const ends = [
        { metricName: `${full}_sum`, labels: {}, value: sum },
        { metricName: `${full}_count`, labels: {}, value: count },
      ];
      const help = name.replaceAll('_', ' ');
      return { name: full, help, type: 'histogram', aggregator: 'sum', values: [...buckets, ...ends] };
    };
    this.#registry.registerMetric({ name: full, get, reset() {} } as unknown as Metric);
  }
}
