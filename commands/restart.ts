import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';
import { durationFlag } from '../src/cli/flags.ts';
import { START_FLAGS, settingsFrom } from '../src/cli/lifecycle/start-flags.ts';

export default class Restart extends BaseCommand {
  static override summary = 'Stop the daemon if it runs, then start it with these flags.';
  static override description =
    'Flags of the last start are not remembered: what shall stay is written with `trackflow config set`.';
  static override examples = ['<%= config.bin %> restart', '<%= config.bin %> restart --port 9000'];
  static override flags = {
    ...START_FLAGS,
    'stop-timeout': durationFlag({
      summary: 'Time to answer and flush before.',
      default: 30_000,
      defaultHelp: async () => '30s',
    }),
    force: Flags.boolean({ summary: 'Kill it when it is not gone soon after that time.' }),
  };

  async run() {
    const { flags } = await this.parse(Restart);
    const { restartInstance } = await import('../src/cli/lifecycle/restart.ts');
    const { startScreen } = await import('../src/cli/lifecycle/start-screen.ts');
    const instance = this.instance(flags);
    const report = await restartInstance(
      instance,
      { timeoutMs: flags['stop-timeout'], force: flags.force },
      { flags: settingsFrom(flags), wait: flags.wait, timeoutMs: flags.timeout },
    );
    return this.show(report, (style) => startScreen(report, instance, style));
  }
}
