import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { disableLink, linkScreen } from '../../src/cli/links/links.ts';

export default class LinksDisable extends BaseCommand {
  static override summary = 'Let a short link lead nowhere; its address stays taken.';
  static override examples = ['<%= config.bin %> links disable shop.example/sale'];
  static override args = {
    link: Args.string({ required: true, ignoreStdin: true, description: 'Host and path of the link.' }),
  };

  async run() {
    const { args, flags } = await this.parse(LinksDisable);
    const link = await disableLink(this.instance(flags), args.link);
    return this.show(link, () => linkScreen(link));
  }
}
