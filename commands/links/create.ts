import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { createLink, linkScreen } from '../../src/cli/links/links.ts';

export default class LinksCreate extends BaseCommand {
  static override summary = 'Make a short link, or lead one that is there elsewhere.';
  static override examples = [
    '<%= config.bin %> links create shop.example/sale https://shop.example/summer?utm_source=print',
  ];
  static override args = {
    link: Args.string({ required: true, ignoreStdin: true, description: 'Host and path of the link.' }),
    target: Args.string({ required: true, ignoreStdin: true, description: 'Where it leads.' }),
  };
  static override flags = {
    account: Flags.string({ summary: 'Account it belongs to.', default: 'default', helpValue: 'NAME' }),
  };

  async run() {
    const { args, flags } = await this.parse(LinksCreate);
    const link = await createLink(this.instance(flags), args.link, args.target, flags.account);
    return this.show(link, () => linkScreen(link));
  }
}
