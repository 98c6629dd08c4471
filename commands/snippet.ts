import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';
import { FRAMEWORKS } from '../src/snippet/frameworks.ts';

export default class Snippet extends BaseCommand {
  static override summary = 'Print what to paste into the pages of a site to track them.';
  static override description = [
    'The snippet goes to stdout, where to put it to stderr. It names the collector as it runs now; where browsers reach it',
    'under another name, give that with --url. Options are files that the tracker loads on demand: clicks on elements with',
    'data-track, links (outbound and downloads), forms, 404, engagement (scroll depth and time), vitals (Core Web Vitals).',
  ].join(' ');
  static override examples = [
    '<%= config.bin %> snippet --site shop',
    '<%= config.bin %> snippet --site shop --url https://collect.example --options clicks,links --sri',
    '<%= config.bin %> snippet --framework next --json',
  ];
  static override flags = {
    site: Flags.string({ summary: 'Account of the events.', helpValue: 'NAME', default: '' }),
    framework: Flags.option({ options: FRAMEWORKS, summary: 'What the site is made with.', default: 'html' })(),
    url: Flags.string({ summary: 'Address at which browsers reach the collector.', helpValue: 'URL', default: '' }),
    options: Flags.string({ summary: 'What to load besides, with commas.', helpValue: 'NAMES', default: '' }),
    sri: Flags.boolean({ summary: 'Let browsers check the files against their hashes.', default: false }),
  };

  async run() {
    const { flags } = await this.parse(Snippet);
    const { snippetReport, snippetScreen } = await import('../src/cli/snippet/snippet.ts');
    const instance = this.instance(flags);
    const options = flags.options.split(',').filter(Boolean);
    const report = await snippetReport(instance, { ...flags, options });
    return this.show(report, (style) => snippetScreen(report, instance.say, style));
  }
}
