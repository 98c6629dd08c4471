import { describe, expect, it } from 'vitest';
import { lineEvery } from '../../../../src/loadtest/live/lines.ts';
import { LiveFigures } from '../../../../src/loadtest/live/live-figures.ts';
import { HOSTILE, PLAN } from '../report/made-up.ts';
import { madeUpSecond } from './made-up-seconds.ts';

function run(json: boolean): string[] {
  const live = new LiveFigures(PLAN);
  const said: string[] = [];
  const stop = lineEvery(live, { json, say: (line) => said.push(line) });
  live.setPhase('warm-up', 0);
  for (let second = 0; second < 12; second++) {
    live.setPhase('running', second / 130);
    live.push(madeUpSecond(second));
  }
  const fault = { name: 'kill-daemon@10s', atMs: 10_000 };
  live.setFault(fault, null);
  live.setFault(fault, { ...fault, told: `killed ${HOSTILE[0]}`, recoveredMs: 1_930 });
  live.setPhase('verifying', 0.1);
  live.setPhase('verifying', 0.2);
  stop();
  live.setPhase('done', 1);
  return said;
}

describe('where there is no screen', () => {
  it('a line is said every five seconds, and one for each phase and fault', () => {
    const said = run(false);
    expect(said.filter((line) => /^\d+s of/.test(line))).toEqual([
      expect.stringMatching(
        /^5s of 2m10s {2}offered 5,000\/s {2}acknowledged 4,990\/s {2}stored 4,980\/s {2}p50 <1 ms {2}p99 <8 ms/,
      ),
      expect.stringMatching(/^10s of 2m10s/),
    ]);
    expect(said.filter((line) => !/^\d+s of/.test(line))).toEqual([
      '1a2b3c4d: warm-up',
      '1a2b3c4d: running',
      'fault kill-daemon@10s',
      expect.stringContaining('answered after 1.93 s'),
      '1a2b3c4d: verifying',
    ]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(said.join('')).not.toMatch(/[\u0000-\u001f]/);
  });

  it('each line is an object that JSON can say', () => {
    const said = run(true);
    const documents = said.map((line) => JSON.parse(line));
    for (const document of documents) expect(document.schema).toBe('trackflow.loadtest-live/1');
    expect(documents.filter(({ type }) => type === 'seconds')).toEqual([
      {
        schema: 'trackflow.loadtest-live/1',
        type: 'seconds',
        second: 5,
        phase: 'running',
        scheduled: 5_000,
        acknowledged: 4_990,
        failed: 0,
        stored: 4_980,
        p50MsMax: 1,
        p99MsMax: 8,
        lagMs: 420,
        queueRows: 1_004,
        unknown: 0,
        invalid: '',
      },
      expect.objectContaining({ second: 10 }),
    ]);
    expect(documents.filter(({ type }) => type === 'fault')).toHaveLength(2);
    expect(said.join('')).not.toContain('\u001b');
  });

  it('a generator that is too slow and a server that tells nothing are told of', () => {
    const live = new LiveFigures(PLAN);
    const said: string[] = [];
    lineEvery(live, { json: false, say: (line) => said.push(line) });
    for (let second = 0; second < 5; second++) {
      const { figures, health } = madeUpSecond(second);
      live.push({
        ...madeUpSecond(second),
        figures: { ...figures, stored: null, lagMs: null, queueRows: null, failed: 300 },
        health: { ...health, loopP99Ms: 44 },
      });
    }
    expect(said.at(-1)).toMatch(/stored n\/a {2}failed 300\/s .*lag n\/a {2}queue n\/a .*INVALID: loop late by 44 ms/);
  });
});
