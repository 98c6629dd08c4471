import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { durationFlag } from '../../src/cli/flags.ts';
import { keyMadeScreen } from '../../src/cli/keys/key-screens.ts';
import { rotateKey } from '../../src/cli/keys/keys.ts';

export default class KeysRotate extends BaseCommand {
  static override summary = 'Make a key that takes the place of another, which stays good for a while.';
  static override examples = ['<%= config.bin %> keys rotate 1tK9fQ2m8ZpLr --overlap 24h'];
  static override args = { id: Args.string({ description: 'Id of the list, not the key itself.', required: true }) };
  static override flags = {
    overlap: durationFlag({
      summary: 'How long the old key stays good.',
      default: 86_400_000,
      defaultHelp: async () => '24h',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(KeysRotate);
    const report = await rotateKey(this.instance(flags), args.id, flags.overlap);
    return this.show(report, (style) => keyMadeScreen(report, style));
  }
}
