import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { durationFlag } from '../../src/cli/flags.ts';

export default class ClusterDown extends BaseCommand {
  static override summary = 'Stop the containers of the cluster; the data stays.';
  static override description =
    'A running daemon is stopped with `trackflow stop`, which stops the containers too. --purge deletes containers, network and volumes, and asks for the name of the cluster.';
  static override examples = [
    '<%= config.bin %> cluster down',
    '<%= config.bin %> cluster down --purge --yes --confirm=trackflow-0123456789ab-cluster',
  ];
  static override flags = {
    timeout: durationFlag({ summary: 'Time to end in order.', default: 10_000, defaultHelp: async () => '10s' }),
    purge: Flags.boolean({ summary: 'Delete containers, network and volumes: every stored event.' }),
    yes: Flags.boolean({ summary: 'Confirm --purge; takes --confirm too.', dependsOn: ['purge'] }),
    confirm: Flags.string({ summary: 'Name of what --purge deletes.', helpValue: 'NAME', dependsOn: ['purge'] }),
  };

  async run() {
    const { flags } = await this.parse(ClusterDown);
    const { clusterDown } = await import('../../src/cli/cluster/down.ts');
    const { clusterDownScreen } = await import('../../src/cli/cluster/screens.ts');
    const { timeout: timeoutMs, purge, yes, confirm } = flags;
    const report = await clusterDown(this.instance(flags), { timeoutMs, purge, yes, confirm });
    return this.show(report, (style) => clusterDownScreen(report, style));
  }
}
