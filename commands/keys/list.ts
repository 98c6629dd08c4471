import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { keysScreen } from '../../src/cli/keys/key-screens.ts';
import { listKeys } from '../../src/cli/keys/keys.ts';

export default class KeysList extends BaseCommand {
  static override summary = 'List the keys: what each is for, when it ends, when it was last used.';
  static override examples = ['<%= config.bin %> keys list', '<%= config.bin %> keys list --audit'];
  static override flags = {
    audit: Flags.boolean({ summary: 'Also who changed which key or account, and when.' }),
  };

  async run() {
    const { flags } = await this.parse(KeysList);
    const instance = this.instance(flags);
    const report = await listKeys(instance, flags);
    return this.show(report, () => keysScreen(report, instance));
  }
}
