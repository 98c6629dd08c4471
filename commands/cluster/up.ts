import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { readyTimeoutFlag } from '../../src/cli/engine/flags.ts';

export default class ClusterUp extends BaseCommand {
  static override summary = 'Bring up a cluster of ClickHouse in containers, which the next start uses.';
  static override description =
    'Events are spread over the shards by account and visitor. With more than one replica each shard is kept on several nodes, in step through three Keepers; everything runs on this machine.';
  static override examples = [
    '<%= config.bin %> cluster up --shards 3',
    '<%= config.bin %> cluster up --shards 2 --replicas 2 --timeout 5m',
  ];
  static override flags = {
    shards: Flags.integer({ summary: 'Number of shards; as it is, 2 at the first time.', helpValue: 'N' }),
    replicas: Flags.integer({ summary: 'Copies of each shard; as it is, 1 at the first time.', helpValue: 'N' }),
    image: Flags.string({ summary: 'Image to use.', helpValue: 'NAME' }),
    timeout: readyTimeoutFlag,
  };

  async run() {
    const { flags } = await this.parse(ClusterUp);
    const { clusterUp } = await import('../../src/cli/cluster/up.ts');
    const { clusterUpScreen } = await import('../../src/cli/cluster/screens.ts');
    const instance = this.instance(flags);
    const { shards, replicas, image, timeout: timeoutMs } = flags;
    const report = await clusterUp(instance, { shards, replicas, image, timeoutMs });
    return this.show(report, (style) => clusterUpScreen(report, instance, style));
  }
}
