import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { keyRevokedScreen } from '../../src/cli/keys/key-screens.ts';
import { revokeKey } from '../../src/cli/keys/keys.ts';

export default class KeysRevoke extends BaseCommand {
  static override summary = 'End a key at once, also for connections that are open.';
  static override examples = ['<%= config.bin %> keys revoke 1tK9fQ2m8ZpLr'];
  static override args = { id: Args.string({ description: 'Id of the list, not the key itself.', required: true }) };

  async run() {
    const { args, flags } = await this.parse(KeysRevoke);
    const report = await revokeKey(this.instance(flags), args.id);
    return this.show(report, () => keyRevokedScreen(report));
  }
}
