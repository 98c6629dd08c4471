import { Args } from '@oclif/core';
import { accountChangeScreen } from '../../src/cli/accounts/account-screens.ts';
import { resumeAccount } from '../../src/cli/accounts/accounts.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class AccountsResume extends BaseCommand {
  static override summary = 'Take events of a paused account again.';
  static override examples = ['<%= config.bin %> accounts resume shop'];
  static override args = { id: Args.string({ description: 'Account of the list.', required: true }) };

  async run() {
    const { args, flags } = await this.parse(AccountsResume);
    const report = await resumeAccount(this.instance(flags), args.id);
    return this.show(report, () => accountChangeScreen(report, 'resumed'));
  }
}
