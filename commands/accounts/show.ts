import { Args } from '@oclif/core';
import { accountScreen } from '../../src/cli/accounts/account-screens.ts';
import { showAccount } from '../../src/cli/accounts/accounts.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class AccountsShow extends BaseCommand {
  static override summary = 'Show one account.';
  static override examples = ['<%= config.bin %> accounts show shop'];
  static override args = { id: Args.string({ description: 'Account of the list.', required: true }) };

  async run() {
    const { args, flags } = await this.parse(AccountsShow);
    const report = await showAccount(this.instance(flags), args.id);
    return this.show(report, (style) => accountScreen(report, style));
  }
}
