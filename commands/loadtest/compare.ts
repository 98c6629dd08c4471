import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { drawnFor } from '../../src/cli/loadtest/drawn.ts';

export default class LoadtestCompare extends BaseCommand {
  static override summary = 'Two load tests side by side.';
  static override examples = ['<%= config.bin %> loadtest compare 1a2b3c4d 5e6f7a8b'];
  static override args = {
    a: Args.string({ description: 'Name of the run that the other is compared with, or its folder.', required: true }),
    b: Args.string({ description: 'Name of the other run, or its folder.', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(LoadtestCompare);
    const { compareRecorded, comparisonScreen } = await import('../../src/cli/loadtest/recorded.ts');
    const instance = this.instance(flags);
    const drawn = drawnFor(process.stdout, instance.env, flags['no-color']);
    const comparison = compareRecorded(instance, args.a, args.b);
    return this.show(comparison, () => comparisonScreen(comparison, drawn));
  }
}
