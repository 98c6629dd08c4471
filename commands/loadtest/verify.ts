import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { drawnFor } from '../../src/cli/loadtest/drawn.ts';

export default class LoadtestVerify extends BaseCommand {
  static override summary = 'Look for every event of a load test in ClickHouse again, also of one that was killed.';
  static override examples = ['<%= config.bin %> loadtest verify 1a2b3c4d', '<%= config.bin %> loadtest verify ./run'];
  static override args = {
    run: Args.string({ description: 'Name of the run, or its folder.', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(LoadtestVerify);
    const { verdictScreen, verifyRecorded, violationOf } = await import('../../src/cli/loadtest/recorded.ts');
    const instance = this.instance(flags);
    const drawn = drawnFor(process.stdout, instance.env, flags['no-color']);
    const report = await verifyRecorded(instance, args.run);
    this.show(report, () => verdictScreen(report, drawn));
    const violation = violationOf(report);
    if (violation !== null) this.exitWith(violation.exit);
    return report;
  }
}
