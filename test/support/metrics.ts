import type { CounterName, GaugeName } from '../../daemon/telemetry/catalogue.ts';
import type { TestDaemon } from './daemon.ts';

/** All numbers of `GET /metrics` by their lines without the prefix, names of the catalogue and buckets alike. */
export async function metrics(daemon: TestDaemon): Promise<Readonly<Record<string, number>>> {
  const answer = await fetch(`${daemon.url}/metrics`, { headers: { accept: 'text/plain' } });
  const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('trackflow_'));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice('trackflow_'.length, at), Number(line.slice(at + 1))];
    }),
  );
}

/** One number of `GET /metrics`, by its name in the catalogue. */
export async function metric(daemon: TestDaemon, name: CounterName | GaugeName): Promise<number> {
  const answer = await fetch(`${daemon.url}/metrics`, { headers: { accept: 'text/plain' } });
  const text = await answer.text();
  const line = text.split('\n').find((line) => line.startsWith(`trackflow_${name} `));
  if (line === undefined) throw new Error(`no metric ${name} in\n${text}`);
  return Number(line.slice(line.lastIndexOf(' ') + 1));
}
