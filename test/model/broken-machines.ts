import type { Action, Progress, Seen, Step } from '../../daemon/flush/machine.ts';
import { type Machine, realMachine } from './machine-world.ts';

/**
 * Machines that look reasonable and are wrong: each is `machine.ts` with one rule taken out, named by what it does. The
 * simulation must find out every one, or it proves nothing about the real one.
 */
export const brokenMachines: Readonly<Record<string, Machine>> = {
  'repeated under the same token and never counted': {
    ...realMachine,
    begin: (_, expected) => realMachine.begin(false, expected),
    next: (progress, seen, expected) => {
      if (seen.seen === 'waited') return insertAll(progress, expected);
      if (seen.seen === 'stored') return { progress, action: STORED };
      return realMachine.next(progress, seen, expected);
    },
  },
  'took a new token for every repetition': {
    ...realMachine,
    next: (progress, seen, expected) =>
      realMachine.next(seen.seen === 'counted' ? { ...progress, claimed: true } : progress, seen, expected),
  },
  'never took a new token': {
    ...realMachine,
    next: (progress, seen, expected) => realMachine.next({ ...progress, claimed: false }, seen, expected),
  },
  'trusted a success after an unknown outcome': {
    ...realMachine,
    next: (progress, seen, expected) => ({ ...after(progress, seen, expected, 'unknown') }),
  },
  'trusted a success after a refusal': {
    ...realMachine,
    next: (progress, seen, expected) => ({ ...after(progress, seen, expected, 'refused') }),
  },
  'did not count what a process before it may have inserted': {
    ...realMachine,
    begin: (_, expected) => realMachine.begin(false, expected),
  },
  'inserted all months again when one is missing': {
    ...realMachine,
    next: (progress, seen, expected) => {
      const step = realMachine.next(progress, seen, expected);
      return step.action.do === 'insert' ? insertAll({ ...step.progress, generation: 1 }, expected) : step;
    },
  },
  'took a month with some of its rows for stored': rewrites((action, seen) =>
    action.do === 'insert_absent' && seen.seen === 'counted' ? STORED : action,
  ),
  'inserted a partial month again as a whole': rewrites((action) =>
    action.do === 'insert_absent' ? { ...action, do: 'insert', generation: 1 + action.patch } : action,
  ),
  'inserted absent rows under the token of the whole month': {
    ...realMachine,
    patchToken: (batch) => realMachine.insertToken(batch, 0),
    next: (progress, seen, expected) => realMachine.next({ ...progress, patch: 0 }, seen, expected),
  },
  'split a refused batch without counting': {
    ...realMachine,
    next: (progress, seen, expected) =>
      seen.seen === 'refused' && seen.because === 'data'
        ? { progress, action: { do: 'split', missing: [...expected.keys()], partial: [] } }
        : realMachine.next(progress, seen, expected),
  },
  'forgot partial months when it splits': rewrites((action) =>
    action.do === 'split' && action.missing.length > 0 ? { ...action, partial: [] } : action,
  ),
  'took the success of half an insert for that of all': {
    ...realMachine,
    next: (progress, seen, expected) =>
      seen.seen === 'stored' && Number.isFinite(progress.rowsMax)
        ? { progress, action: STORED }
        : realMachine.next(progress, seen, expected),
  },
  'inserted half of the rows under a token of their own': rewrites((action) =>
    action.do === 'insert' && Number.isFinite(action.rowsMax)
      ? { ...action, generation: action.generation + 100 }
      : action,
  ),
  'repeated a refused patch for ever': rewrites((action, _, progress) =>
    action.do === 'split' && action.missing.length === 0
      ? { do: 'insert_absent', patch: progress.patch, months: action.partial, rowsMax: progress.rowsMax }
      : action,
  ),
};

/**
 * The same with a flaw that needs five faults in one order (a cut, a kill between token and part, a late patch, a crash of
 * the daemon): too rare for ten thousand schedules, so `machine.test.ts` plays that order.
 */
export const oneCountMachine: Machine = {
  ...realMachine,
  patchToken: realMachine.insertToken,
  next: (progress, seen, expected) => {
    const { generation, claimed, patching } = progress;
    const step = realMachine.next(progress, seen, expected);
    if (step.action.do !== 'insert_absent') return step;
    const patch = claimed || !patching ? generation + 1 : generation;
    return { progress: { ...step.progress, generation: patch }, action: { ...step.action, patch } };
  },
};

const STORED: Action = { do: 'stored', excess: 0 };

function insertAll(progress: Progress, expected: ReadonlyMap<number, number>): Step {
  return {
    progress,
    action: { do: 'insert', generation: progress.generation, months: [...expected.keys()], rowsMax: progress.rowsMax },
  };
}

/** The real step, but for `blind` outcomes it forgets that an insert was tried. */
function after(progress: Progress, seen: Seen, expected: ReadonlyMap<number, number>, blind: Seen['seen']): Step {
  const step = realMachine.next(progress, seen, expected);
  return seen.seen === blind ? { ...step, progress: { ...step.progress, tried: progress.tried } } : step;
}

function rewrites(rewrite: (action: Action, seen: Seen, progress: Progress) => Action): Machine {
  return {
    ...realMachine,
    next: (progress, seen, expected) => {
      const step = realMachine.next(progress, seen, expected);
      return { ...step, action: rewrite(step.action, seen, step.progress) };
    },
  };
}
