import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';
import { durationFlag } from '../src/cli/flags.ts';

export default class Stop extends BaseCommand {
  static override summary = 'Stop the daemon: no new events, answer, flush, exit.';
  static override description =
    'What is not flushed in time stays in the spool and is flushed after the next start. Stopping what does not run is no failure.';
  static override examples = ['<%= config.bin %> stop', '<%= config.bin %> stop --timeout 10s --force'];
  static override flags = {
    timeout: durationFlag({ summary: 'Time to answer and flush.', default: 30_000, defaultHelp: async () => '30s' }),
    force: Flags.boolean({ summary: 'Kill it when it is not gone soon after that time.' }),
  };

  async run() {
    const { flags } = await this.parse(Stop);
    const { stopInstance } = await import('../src/cli/lifecycle/stop.ts');
    const { stopScreen } = await import('../src/cli/lifecycle/stop-screen.ts');
    const report = await stopInstance(this.instance(flags), { timeoutMs: flags.timeout, force: flags.force });
    return this.show(report, (style) => stopScreen(report, style));
  }
}
