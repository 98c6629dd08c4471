import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';

export default class Erase extends BaseCommand {
  static override summary = 'Erase a visitor or a user: events, payments, agreements and consent, for good.';
  static override description =
    'Waits until what was accepted before is stored, then deletes, and takes the rows out of the files. The id stays with the task, as proof.';
  static override examples = [
    '<%= config.bin %> erase --visitor 0190a1b2-… --yes',
    '<%= config.bin %> erase --user ada --account shop --yes',
  ];
  static override flags = {
    visitor: Flags.string({ summary: 'Visitor to erase.', helpValue: 'ID', exclusive: ['user'] }),
    user: Flags.string({ summary: 'User to erase.', helpValue: 'ID' }),
    account: Flags.string({ summary: 'Only what belongs to this account.', helpValue: 'NAME' }),
    yes: Flags.boolean({ summary: 'What is erased is gone for good, and that is meant.' }),
  };

  async run() {
    const { flags } = await this.parse(Erase);
    const { erasePerson, erasureScreen } = await import('../src/cli/erase/erase.ts');
    const { visitor, user, account, yes = false } = flags;
    const report = await erasePerson(this.instance(flags), { visitor, user, account, yes });
    return this.show(report, () => erasureScreen(report));
  }
}
