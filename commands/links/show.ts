import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { linkHistoryScreen, showLink } from '../../src/cli/links/links.ts';

export default class LinksShow extends BaseCommand {
  static override summary = 'Show where a short link leads, and where it has led.';
  static override examples = ['<%= config.bin %> links show shop.example/sale'];
  static override args = {
    link: Args.string({ required: true, ignoreStdin: true, description: 'Host and path of the link.' }),
  };

  async run() {
    const { args, flags } = await this.parse(LinksShow);
    const link = await showLink(this.instance(flags), args.link);
    return this.show(link, () => linkHistoryScreen(link));
  }
}
