import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { readyTimeoutFlag } from '../../src/cli/engine/flags.ts';

export default class ClusterScale extends BaseCommand {
  static override summary = 'Add shards to the cluster; stored rows stay where they are.';
  static override description =
    'The nodes are made anew one after the other, with their data, so that each knows the new ones; events for one wait in the spool meanwhile. A running daemon sends events to the new shards after `trackflow restart`. There is no way back to fewer shards.';
  static override examples = ['<%= config.bin %> cluster scale --shards 4'];
  static override flags = {
    shards: Flags.integer({ summary: 'Number of shards from now on.', helpValue: 'N', required: true }),
    timeout: readyTimeoutFlag,
  };

  async run() {
    const { flags } = await this.parse(ClusterScale);
    const { clusterScale } = await import('../../src/cli/cluster/scale.ts');
    const { clusterScaleScreen } = await import('../../src/cli/cluster/screens.ts');
    const instance = this.instance(flags);
    const report = await clusterScale(instance, { shards: flags.shards, timeoutMs: flags.timeout });
    return this.show(report, (style) => clusterScaleScreen(report, instance, style));
  }
}
