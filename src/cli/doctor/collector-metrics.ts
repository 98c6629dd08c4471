import type { Instance } from '../instance.ts';

/** Looks a figure without labels up by its name; undefined when it is not there or not a number at the moment. */
export async function readMetrics({ control }: Instance): Promise<(name: string) => number | undefined> {
  const text = await control.metrics();
  return (name) => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    const value = Number(line?.slice(name.length + 1));
    return Number.isFinite(value) ? value : undefined;
  };
}
