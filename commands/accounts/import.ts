import { Args } from '@oclif/core';
import { importScreen } from '../../src/cli/accounts/account-screens.ts';
import { importAccounts } from '../../src/cli/accounts/accounts.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class AccountsImport extends BaseCommand {
  static override summary = 'Add or change many accounts at once, all or none.';
  static override description =
    'Reads one JSON object a line, or an array: {"id","name","active","origins","limits","retentionDays"}. All but id may be left out.';
  static override examples = [
    '<%= config.bin %> accounts import accounts.ndjson',
    'psql -At -c "SELECT json_build_object(\'id\', id) FROM accounts" | <%= config.bin %> accounts import -',
  ];
  static override args = { file: Args.string({ description: 'File of accounts; - is stdin.', required: true }) };

  async run() {
    const { args, flags } = await this.parse(AccountsImport);
    const report = await importAccounts(this.instance(flags), args.file);
    return this.show(report, () => importScreen(report));
  }
}
