import { accountsScreen } from '../../src/cli/accounts/account-screens.ts';
import { listAccounts } from '../../src/cli/accounts/accounts.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class AccountsList extends BaseCommand {
  static override summary = 'List the accounts with their state, origins, limits and retention.';
  static override examples = ['<%= config.bin %> accounts list'];

  async run() {
    const { flags } = await this.parse(AccountsList);
    const instance = this.instance(flags);
    const report = await listAccounts(instance);
    return this.show(report, () => accountsScreen(report, instance));
  }
}
