import { expect, it } from 'vitest';
import { Pace } from '../../../../src/dashboard/store/pace.ts';

const good = { of: 'draw', ms: 8 } as const;

it('tells a slow program from a slow terminal', () => {
  expect(new Pace().note(good)).toBe('none');
  expect(new Pace().note({ of: 'draw', ms: 101 })).toBe('display');
  expect(new Pace().note({ of: 'lag', ms: 201 })).toBe('display');
  expect(new Pace().note({ of: 'write', ms: 251 })).toBe('terminal');
  for (const of of ['draw', 'lag', 'write'] as const) expect(new Pace().note({ of, ms: 100 })).toBe('none');
});

it('takes one good frame among slow ones for chance, and a row of them for the end of it', () => {
  const pace = new Pace();
  pace.note({ of: 'draw', ms: 300 });
  expect(pace.note(good)).toBe('display');
  pace.note({ of: 'write', ms: 300 });
  const states = Array.from({ length: 10 }, () => pace.note(good));
  expect(states[5]).toBe('terminal');
  expect(states.at(-1)).toBe('none');
});
