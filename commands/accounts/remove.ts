import { Args, Flags } from '@oclif/core';
import { accountChangeScreen } from '../../src/cli/accounts/account-screens.ts';
import { removeAccount } from '../../src/cli/accounts/accounts.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class AccountsRemove extends BaseCommand {
  static override summary = 'Remove an account. Its stored events stay.';
  static override examples = ['<%= config.bin %> accounts remove shop --yes'];
  static override args = { id: Args.string({ description: 'Account of the list.', required: true }) };
  static override flags = { yes: Flags.boolean({ summary: 'Yes, remove it.' }) };

  async run() {
    const { args, flags } = await this.parse(AccountsRemove);
    const report = await removeAccount(this.instance(flags), args.id, flags.yes);
    return this.show(report, () => accountChangeScreen(report, 'removed'));
  }
}
