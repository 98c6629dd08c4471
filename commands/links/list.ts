import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { linkListScreen, listLinks } from '../../src/cli/links/links.ts';

export default class LinksList extends BaseCommand {
  static override summary = 'List the short links.';
  static override examples = ['<%= config.bin %> links list', '<%= config.bin %> links list --host shop.example'];
  static override flags = {
    account: Flags.string({ summary: 'Only those of this account.', helpValue: 'NAME' }),
    host: Flags.string({ summary: 'Only those of this host.', helpValue: 'HOST' }),
  };

  async run() {
    const { flags } = await this.parse(LinksList);
    const instance = this.instance(flags);
    const report = await listLinks(instance, { account: flags.account, host: flags.host });
    return this.show(report, () => linkListScreen(report, instance));
  }
}
