import { describe, expect, test } from 'vitest';
import { ReplicatedShard } from '../../../../src/engine/cluster/replicated-shard.ts';
import type { EngineState, Shard } from '../../../../src/engine/engine.ts';

class FakeReplica implements Shard {
  readonly endpoint: Shard['endpoint'];
  state: EngineState = 'starting';
  #listener: (state: EngineState) => void = () => {};

  constructor(name: string) {
    const nobody = { user: '', password: '' };
    this.endpoint = { url: name, database: '', writer: nobody, reader: nobody };
  }

  onState(listener: (state: EngineState) => void): () => void {
    this.#listener = listener;
    return () => {};
  }

  becomes(state: EngineState): void {
    this.state = state;
    this.#listener(state);
  }
}

function setUp() {
  const replicas = [new FakeReplica('a'), new FakeReplica('b')] as const;
  const shard = new ReplicatedShard(replicas);
  const told: string[] = [];
  shard.onState((state) => told.push(`${state} at ${shard.endpoint.url}`));
  return { replicas, shard, told };
}

describe('a shard with two replicas', () => {
  test('is written at the first that answers, and stays there while that does', () => {
    const { replicas, told } = setUp();
    replicas[1].becomes('ready');
    replicas[0].becomes('ready');
    expect(told).toEqual(['ready at b']);
  });

  test('is written at the other when the one is away, and is down only without both', () => {
    const { replicas, shard, told } = setUp();
    replicas[0].becomes('ready');
    replicas[1].becomes('ready');
    replicas[0].becomes('down');
    replicas[0].becomes('ready');
    replicas[1].becomes('down');
    replicas[0].becomes('down');
    expect(told).toEqual(['ready at a', 'ready at b', 'ready at a', 'down at a']);
    expect(shard.state).toBe('down');
  });
});
