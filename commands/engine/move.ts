import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class EngineMove extends BaseCommand {
  static override summary = 'Carry the data to another engine, while events go on to be taken.';
  static override description = [
    'The running daemon copies partition by partition, lets the flush rest, compares rows and hashes of both sides and changes',
    'the configuration; events of that time wait in its spool. Killed anywhere it goes on from there. The old data stays until',
    'you remove it. Exit code 78 when both sides differ; then nothing has changed.',
  ].join(' ');
  static override examples = [
    '<%= config.bin %> engine move --to docker --dry-run',
    '<%= config.bin %> engine move --to url --engine-url http://clickhouse:8123 --engine-password-file ./password',
  ];
  static override flags = {
    to: Flags.option({ options: ['embedded', 'docker', 'url'] as const, summary: 'Where to.', required: true })(),
    image: Flags.string({ summary: 'Image for --to docker.', helpValue: 'NAME' }),
    'engine-url': Flags.string({ summary: 'ClickHouse over HTTP or HTTPS, for --to url.', helpValue: 'URL' }),
    'engine-user': Flags.string({ summary: 'User there.', helpValue: 'USER' }),
    'engine-password-file': Flags.string({ summary: 'File with its password, 0600.', helpValue: 'FILE' }),
    'dry-run': Flags.boolean({ summary: 'Say what would happen, and do nothing.' }),
  };

  async run() {
    const { flags } = await this.parse(EngineMove);
    const { engineMove } = await import('../../src/cli/engine/move/move.ts');
    const { moveScreen } = await import('../../src/cli/engine/move/screen.ts');
    const { to, image, 'engine-url': url, 'engine-user': user, 'engine-password-file': passwordFile } = flags;
    const options = { to, image, url, user, passwordFile, dryRun: flags['dry-run'] };
    const report = await engineMove(this.instance(flags), options);
    return this.show(report, (style) => moveScreen(report, style));
  }
}
