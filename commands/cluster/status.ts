import { BaseCommand } from '../../src/cli/base-command.ts';

export default class ClusterStatus extends BaseCommand {
  static override summary = 'Show shards, replicas, lag, parts and rows; exit code 0 whole, 5 degraded, 3 not running.';
  static override examples = ['<%= config.bin %> cluster status', '<%= config.bin %> cluster status --json'];

  async run() {
    const { flags } = await this.parse(ClusterStatus);
    const { clusterStatus } = await import('../../src/cli/cluster/status.ts');
    const { clusterStatusScreen } = await import('../../src/cli/cluster/screens.ts');
    const { report, exit } = await clusterStatus(this.instance(flags));
    this.exitWith(exit);
    return this.show(report, (style) => clusterStatusScreen(report, style));
  }
}
