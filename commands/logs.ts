import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';
import { endsWhenInterrupted } from '../src/cli/interruption.ts';
import { LEVELS } from '../src/cli/logs/entry.ts';
import { printTo } from '../src/cli/terminal/output.ts';

const LINES_DEFAULT = 200;

export default class Logs extends BaseCommand {
  static override summary = 'Show what the daemon logged, and follow it.';
  static override description =
    'Reads the files in the home, so it works when the daemon is down, and follows over restarts and rotation. With --since all lines since then are shown unless -n says how many; --json prints one document a line.';
  static override examples = [
    '<%= config.bin %> logs -f',
    '<%= config.bin %> logs --since 10m --level warn',
    '<%= config.bin %> logs --step flush --grep refused --json',
  ];
  static override flags = {
    follow: Flags.boolean({ char: 'f', summary: 'Go on with what comes.' }),
    lines: Flags.integer({ char: 'n', summary: `The last lines (default: ${LINES_DEFAULT}).`, helpValue: 'N', min: 0 }),
    since: Flags.string({ summary: 'Not older than this: 10m, 2h, 2026-11-21T08:00.', helpValue: 'TIME' }),
    until: Flags.string({ summary: 'Not newer than this.', helpValue: 'TIME', exclusive: ['follow'] }),
    level: Flags.option({ options: LEVELS, summary: 'Least level.', default: 'debug' as const })(),
    step: Flags.string({
      summary: 'Only this step of the road; may be repeated.',
      helpValue: 'STEP',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    grep: Flags.string({ summary: 'Only lines that match this regular expression.', helpValue: 'REGEXP', default: '' }),
    engine: Flags.boolean({
      summary: "ClickHouse's own log, line by line.",
      exclusive: ['since', 'until', 'level', 'step'],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Logs);
    const { logs } = await import('../src/cli/logs/logs.ts');
    const { parseMoment } = await import('../src/cli/logs/moment.ts');
    const now = Date.now();
    const filter = {
      level: flags.level,
      steps: flags.step,
      since: flags.since === undefined ? Number.NEGATIVE_INFINITY : parseMoment(flags.since, now),
      until: flags.until === undefined ? Number.POSITIVE_INFINITY : parseMoment(flags.until, now),
    };
    const count = flags.lines ?? (flags.since === undefined ? LINES_DEFAULT : Number.MAX_SAFE_INTEGER);
    const instance = this.instance(flags);
    const options = { ...flags, count, filter, json: this.jsonEnabled() };
    await endsWhenInterrupted(logs(instance, options, this.style, printTo(process.stdout, instance.signal)));
  }
}
