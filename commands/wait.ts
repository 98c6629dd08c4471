import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';
import { durationFlag } from '../src/cli/flags.ts';
import { WAIT_GOALS, waitFor } from '../src/cli/lifecycle/wait.ts';

export default class Wait extends BaseCommand {
  static override summary = 'Wait until the daemon is ready, drained or stopped.';
  static override description =
    'ready: it takes events and its engine answers. drained: every event it took is in ClickHouse or a dead letter. stopped: its process is gone.';
  static override examples = ['<%= config.bin %> wait', '<%= config.bin %> wait --for drained --timeout 2m'];
  static override flags = {
    for: Flags.option({ options: WAIT_GOALS, summary: 'What to wait for.', default: 'ready' })(),
    timeout: durationFlag({
      summary: 'Then it fails with exit code 75.',
      default: 30_000,
      defaultHelp: async () => '30s',
    }),
  };

  async run() {
    const { flags } = await this.parse(Wait);
    const report = await waitFor(this.instance(flags), flags.for, flags.timeout);
    return this.show(report, () => report.reached);
  }
}
