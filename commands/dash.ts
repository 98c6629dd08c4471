import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';
import { runDash } from '../src/cli/dash/run-dash.ts';
import { durationFlag } from '../src/cli/flags.ts';
import { SYMBOLS } from '../src/cli/terminal/terminal-kind.ts';

export default class Dash extends BaseCommand {
  static override summary = 'Show the pipeline and the visitors live, on one screen.';
  static override description =
    'Opens whether the daemon runs or not. Where stdout is no terminal it prints the figures once. Press ? for the keys.';
  static override examples = [
    '<%= config.bin %> dash',
    '<%= config.bin %> dash --once',
    '<%= config.bin %> dash --json --watch --interval 10s',
  ];
  static override flags = {
    once: Flags.boolean({ summary: 'Print the figures once; exit with 3 when nothing runs.', exclusive: ['watch'] }),
    watch: Flags.boolean({ summary: 'Print the figures every interval, a line each.' }),
    interval: durationFlag({ summary: 'How often to draw or print (default: 1s on a screen, 5s in lines).' }),
    symbols: Flags.option({
      options: SYMBOLS,
      summary: 'Characters of the charts (auto: by locale; braille from 160 columns on).',
      default: 'auto',
    })(),
    ascii: Flags.boolean({ summary: 'The same as --symbols ascii.' }),
    'allow-actions': Flags.boolean({
      summary: 'Let R and X run tasks again and cancel them, once that is confirmed; without it nothing is changed.',
    }),
    accessible: Flags.boolean({ summary: 'Sentences for a screen reader in place of a screen (also: ACCESSIBLE=1).' }),
  };

  async run() {
    const { flags } = await this.parse(Dash);
    return runDash(this.instance(flags), {
      ...flags,
      json: this.jsonEnabled(),
      noColor: flags['no-color'],
      allowActions: flags['allow-actions'],
      stdout: process.stdout,
      stdin: process.stdin,
      version: this.config.version,
      now: Date.now,
    });
  }
}
