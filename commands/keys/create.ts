import { Args, Flags } from '@oclif/core';
import { KEY_KINDS, type KeyKind } from '../../src/access/key.ts';
import { LIMIT_FLAGS } from '../../src/cli/accounts/account-flags.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { durationFlag } from '../../src/cli/flags.ts';
import { keyMadeScreen } from '../../src/cli/keys/key-screens.ts';
import { createKey } from '../../src/cli/keys/keys.ts';

export default class KeysCreate extends BaseCommand {
  static override summary = 'Make a key: write (public, in pages), server, read or admin. It is shown once.';
  static override examples = [
    '<%= config.bin %> keys create write --account shop',
    '<%= config.bin %> keys create read --account shop --expires 720h --name "the report of the shop"',
  ];
  static override args = {
    kind: Args.string({ description: 'What it is good for.', required: true, options: [...KEY_KINDS] }),
  };
  static override flags = {
    account: Flags.string({
      summary: 'Account it is for, may be given again; all accounts without.',
      helpValue: 'ID',
      multiple: true,
      multipleNonGreedy: true,
    }),
    name: Flags.string({ summary: 'What it is for.', helpValue: 'TEXT' }),
    expires: durationFlag({ summary: 'How long it is good, like 720h; for ever without.' }),
    ...LIMIT_FLAGS,
  };

  async run() {
    const { args, flags } = await this.parse(KeysCreate);
    const report = await createKey(this.instance(flags), args.kind as KeyKind, flags, Date.now());
    return this.show(report, (style) => keyMadeScreen(report, style));
  }
}
