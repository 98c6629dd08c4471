import { BaseCommand } from '../../src/cli/base-command.ts';

export default class ClusterTest extends BaseCommand {
  static override summary = 'Write a marked row to each shard and read it back at every node; touches no event.';
  static override description =
    'Exit code 0 when every node reads the row of every shard, 78 when one that answers does not, 69 when a node does not answer.';
  static override examples = ['<%= config.bin %> cluster test', '<%= config.bin %> cluster test --json'];

  async run() {
    const { flags } = await this.parse(ClusterTest);
    const { clusterTest } = await import('../../src/cli/cluster/test.ts');
    const { clusterTestScreen } = await import('../../src/cli/cluster/screens.ts');
    const { report, exit } = await clusterTest(this.instance(flags));
    this.exitWith(exit);
    return this.show(report, (style) => clusterTestScreen(report, style));
  }
}
