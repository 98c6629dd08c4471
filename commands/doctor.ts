import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';

export default class Doctor extends BaseCommand {
  static override summary = 'Check the machine, the home, the configuration and the running daemon.';
  static override description =
    'Runs every check and exits with 1 when one fails. Changes nothing unless --fix asks for it, and then only modes of files in the home and what a dead daemon left there.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --fix',
    '<%= config.bin %> doctor --security',
    '<%= config.bin %> doctor --bundle trackflow-doctor.tar.gz',
  ];
  static override flags = {
    fix: Flags.boolean({ summary: 'Put right what can harm nobody, and say what was done.' }),
    security: Flags.boolean({
      summary: 'Check who can get at what, also by asking the running daemon as a stranger would.',
      default: false,
    }),
    bundle: Flags.string({
      summary: 'Write findings, settings, figures and logs into a .tar.gz, without events and secrets.',
      helpValue: 'FILE',
    }),
  };

  async run() {
    const { flags } = await this.parse(Doctor);
    const { doctorExit, doctorScreen, examine } = await import('../src/cli/doctor/doctor.ts');
    const bundle = flags.bundle === undefined ? undefined : resolve(flags.bundle);
    const instance = this.instance(flags);
    const report = await examine(instance, {
      fix: flags.fix,
      security: flags.security,
      bundle,
      now: Date.now,
    });
    this.exitWith(doctorExit(report));
    return this.show(report, (style) => doctorScreen(report, instance, style));
  }
}
