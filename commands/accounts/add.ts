import { Args, Flags } from '@oclif/core';
import { LIMIT_FLAGS } from '../../src/cli/accounts/account-flags.ts';
import { accountChangeScreen } from '../../src/cli/accounts/account-screens.ts';
import { addAccount } from '../../src/cli/accounts/accounts.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class AccountsAdd extends BaseCommand {
  static override summary = 'Add an account. Once there is one, events for any other are answered 404.';
  static override examples = [
    '<%= config.bin %> accounts add shop --origin https://shop.example --events-per-second 500',
    '<%= config.bin %> accounts add blog --name "The blog" --retention 90d',
  ];
  static override args = { id: Args.string({ description: 'What events carry in account.', required: true }) };
  static override flags = {
    name: Flags.string({ summary: 'What people call it.', helpValue: 'TEXT' }),
    origin: Flags.string({
      summary: 'Pages that may send for it, like https://*.shop.example; may be given again.',
      helpValue: 'ORIGIN',
      multiple: true,
      multipleNonGreedy: true,
    }),
    retention: Flags.string({ summary: 'How long its events are kept: 90d, or forever.', helpValue: 'DAYS' }),
    ...LIMIT_FLAGS,
  };

  async run() {
    const { args, flags } = await this.parse(AccountsAdd);
    const report = await addAccount(this.instance(flags), args.id, flags);
    return this.show(report, () => accountChangeScreen(report, 'added'));
  }
}
