import { describe, expect, it } from 'vitest';
import { Gate } from '../../../src/query/gate.ts';

/** A read that ends when told to. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let started = 0;
  return {
    read: () => {
      started++;
      return promise;
    },
    resolve,
    reject,
    started: () => started,
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the gate', () => {
  it('runs as many as it may at once and the others in the order in which they came', async () => {
    const gate = new Gate({ concurrentMax: 2, queueMax: 10, waitMsMax: 5_000 });
    const reads = [held(), held(), held(), held()];
    const answers = reads.map(({ read }) => gate.run(read));
    await settled();
    expect(reads.map((read) => read.started())).toEqual([1, 1, 0, 0]);
    reads[1]!.resolve('b');
    await settled();
    expect(reads.map((read) => read.started())).toEqual([1, 1, 1, 0]);
    reads[0]!.resolve('a');
    await settled();
    expect(reads.map((read) => read.started())).toEqual([1, 1, 1, 1]);
    reads[2]!.resolve('c');
    reads[3]!.resolve('d');
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives the place of a failed read to the next', async () => {
    const gate = new Gate({ concurrentMax: 1, queueMax: 1, waitMsMax: 5_000 });
    const first = held();
    const failing = gate.run(first.read);
    const next = gate.run(async () => 'next');
    first.reject(new Error('broken'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('next');
    expect(await gate.run(async () => 'later')).toBe('later');
  });

  it('refuses with TF_BUSY when its queue is full, at once', async () => {
    const gate = new Gate({ concurrentMax: 1, queueMax: 1, waitMsMax: 5_000 });
    const first = held();
    const running = gate.run(first.read);
    const waiting = gate.run(async () => 'waited');
    await expect(gate.run(async () => 'never')).rejects.toMatchObject({
      code: 'TF_BUSY',
      message: /1 reads are running and 1 more/,
    });
    first.resolve('first');
    expect(await Promise.all([running, waiting])).toEqual(['first', 'waited']);
  });

  it('refuses with TF_BUSY when no place comes free in time, and never starts that read', async () => {
    const gate = new Gate({ concurrentMax: 1, queueMax: 5, waitMsMax: 20 });
    const first = held();
    const late = held();
    const running = gate.run(first.read);
    await expect(gate.run(late.read)).rejects.toMatchObject({ code: 'TF_BUSY', message: /within 20 ms/ });
    first.resolve('first');
    await running;
    expect(late.started()).toBe(0);
    expect(await gate.run(async () => 'free again')).toBe('free again');
  });

  it('lets a waiting read give up by its signal and keeps the order of the rest', async () => {
    const gate = new Gate({ concurrentMax: 1, queueMax: 5, waitMsMax: 5_000 });
    const first = held();
    const running = gate.run(first.read);
    const controller = new AbortController();
    const given = gate.run(async () => 'given up', controller.signal);
    const next = gate.run(async () => 'next');
    controller.abort(new Error('client left'));
    await expect(given).rejects.toThrow('client left');
    await expect(gate.run(async () => 'x', controller.signal)).rejects.toThrow('client left');
    first.resolve('first');
    expect(await Promise.all([running, next])).toEqual(['first', 'next']);
  });

  it('never runs more than it may, whatever ends when', async () => {
    const gate = new Gate({ concurrentMax: 3, queueMax: 200, waitMsMax: 5_000 });
    let running = 0;
    let most = 0;
    const read = async (index: number) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < index % 7; turn++) await settled();
      running--;
      if (index % 5 === 0) throw new Error('every fifth fails');
    };
    const ended = await Promise.allSettled(Array.from({ length: 200 }, (_, index) => gate.run(() => read(index))));
    expect(most).toBe(3);
    expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(40);
  });
});
