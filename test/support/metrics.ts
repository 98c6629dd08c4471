import type { CounterName, GaugeName } from '../../daemon/telemetry/catalogue.ts';
import type { TestDaemon } from './daemon.ts';

/** One number of `GET /metrics`, by its name in the catalogue. */
export async function metric(daemon: TestDaemon, name: CounterName | GaugeName): Promise<number> {
  const answer = await fetch(`${daemon.url}/metrics`, { headers: { accept: 'text/plain' } });
  const text = await answer.text();
  const line = text.split('\n').find((line) => line.startsWith(`trackflow_${name} `));
  if (line === undefined) throw new Error(`no metric ${name} in\n${text}`);
  return Number(line.slice(line.lastIndexOf(' ') + 1));
}
