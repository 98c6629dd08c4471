import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { COUNTERS, GAUGES, HISTOGRAMS, INTERNAL_EVENTS } from '../../../daemon/telemetry/catalogue.ts';
import { allocateCounters, Counters } from '../../../daemon/telemetry/counters.ts';
import { Metrics } from '../../../daemon/telemetry/metrics.ts';

const ROOT = path.resolve(import.meta.dirname, '..', '..', '..');

/** All of `daemon` and `src/engine`, but the catalogue. */
function sources(): string {
  const files = ['daemon', 'src/engine'].flatMap((folder) =>
    fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  );
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('catalogue.ts'))
    .map((file) => fs.readFileSync(path.join(ROOT, file), 'utf8'))
    .join('\n');
}

test('every line that is logged has its name in the catalogue, and every name is logged', () => {
  const text = sources();
  const logged = [
    ...text.matchAll(
      /(?:log|write|onLog|#log|say)\??\.?\(\s*(?:task, )?'(?:debug|info|warn|error)',\s*(?:'\w+',\s*)?'(\w+)'/gi,
    ),
  ];
  expect(logged.length).toBeGreaterThan(20);
  expect(logged.map(([, name]) => name!).filter((name) => !(name in INTERNAL_EVENTS))).toEqual([]);
  // Names that end in a state are put together where they are logged.
  const assembled =
    /^(engine_(starting|ready|down|stopped)|flush_insert_(refused|unknown)|task_(done|cancelled|stopped))$/;
  const named = Object.keys(INTERNAL_EVENTS).filter((name) => !assembled.test(name));
  expect(named.filter((name) => !text.includes(`'${name}'`))).toEqual([]);
});

test('/metrics has every name of the catalogue once, as text that Prometheus reads', async () => {
  const counters = new Counters(allocateCounters(2), 1);
  counters.add('log_events_total{event="engine_down"}', 2);
  counters.set('engine_parts', Number.NaN);
  const { body } = await new Metrics(counters).render();
  const lines = body.split('\n').filter((line) => line !== '');
  for (const name of [...COUNTERS, ...GAUGES]) {
    expect(
      lines.filter((line) => line.startsWith(`trackflow_${name} `)),
      name,
    ).toHaveLength(1);
  }
  for (const name of Object.keys(HISTOGRAMS)) expect(lines).toContain(`trackflow_${name}_count 0`);
  expect(lines).toContain('trackflow_log_events_total{event="engine_down"} 2');
  for (const line of lines)
    expect(line).toMatch(
      /^(# (HELP|TYPE) trackflow_\w+ .+|trackflow_\w+(\{\w+="[^"]*"\})? (-?[\d.e+-]+|Nan|NaN|\+Inf))$/,
    );
});
