import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { LOAD_FLAGS } from '../../src/cli/loadtest/load-flags.ts';

export default class Loadtest extends BaseCommand {
  static override summary = 'Send realistic traffic, then prove that every event is stored exactly once.';
  static override description =
    'The schedule is fixed beforehand: latency counts from when an event was due. Ends with 78 when an event is missing, ' +
    'doubled or altered, 79 when an --slo is missed, 75 when the rate was not reached or the generator was too slow.';
  static override examples = [
    '<%= config.bin %> loadtest --rate 5000/s --duration 1m',
    '<%= config.bin %> loadtest --fault kill-daemon@10s,kill-engine@20s,pause-engine:5s@30s --duration 45s',
    '<%= config.bin %> loadtest --find-max --slo "p99<250ms,errors<0.1%"',
    '<%= config.bin %> loadtest --traffic',
  ];
  static override flags = {
    ...LOAD_FLAGS,
    'find-max': Flags.boolean({
      summary: 'Search for the highest rate that holds; --rate is the first, --duration that of a step.',
      exclusive: ['stages', 'fault', 'closed', 'traffic', 'out'],
    }),
    traffic: Flags.boolean({
      summary: 'Send demo traffic until interrupted, 20 events/s unless --rate says otherwise; nothing is verified.',
      exclusive: ['stages', 'fault', 'closed', 'slo', 'duration', 'out'],
    }),
  };

  async run() {
    const { flags } = await this.parse(Loadtest);
    const { loadtestCommand } = await import('../../src/cli/loadtest/loadtest-command.ts');
    const { document, exit } = await loadtestCommand(this.instance(flags), flags, {
      stdout: process.stdout,
      stdin: process.stdin,
      json: this.jsonEnabled(),
      noColor: flags['no-color'],
    });
    this.exitWith(exit);
    return document;
  }
}
