import { Args } from '@oclif/core';
import { accountChangeScreen } from '../../src/cli/accounts/account-screens.ts';
import { pauseAccount } from '../../src/cli/accounts/accounts.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class AccountsPause extends BaseCommand {
  static override summary = 'Take no events of an account: they are answered 403.';
  static override examples = ['<%= config.bin %> accounts pause shop'];
  static override args = { id: Args.string({ description: 'Account of the list.', required: true }) };

  async run() {
    const { args, flags } = await this.parse(AccountsPause);
    const report = await pauseAccount(this.instance(flags), args.id);
    return this.show(report, () => accountChangeScreen(report, 'paused'));
  }
}
