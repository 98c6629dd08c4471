import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';
import { endsWhenInterrupted } from '../src/cli/interruption.ts';

export default class Tail extends BaseCommand {
  static override summary = 'Show accepted events as they come.';
  static override description = [
    'An event is shown when it is durable. On a terminal / changes the filter while it runs, q or Ctrl-C ends it. A daemon',
    'that restarts is waited for. Filters are those of the statistics: field:operator:value[,value…] with the operators is,',
    'is_not, contains, not_contains and starts_with; all of several have to hold. With --json every line is',
    '{"type":"event","event":{…}}, or {"type":"dropped","count":n} for events beyond 1,000 a second and collector thread.',
  ].join(' ');
  static override examples = [
    '<%= config.bin %> tail',
    '<%= config.bin %> tail --name purchase --filter country:is:DE,FR',
    '<%= config.bin %> tail --json --filter properties.plan:is:pro | jq .event',
  ];
  static override flags = {
    account: Flags.string({
      summary: 'Only events of this account; may be repeated.',
      helpValue: 'ID',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    name: Flags.string({
      summary: 'Only events of this name; may be repeated.',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    filter: Flags.string({
      summary: 'Only events that pass, like country:is:DE or properties.plan:is:pro; may be repeated.',
      helpValue: 'FILTER',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Tail);
    const { filtersOf } = await import('../src/cli/tail/filters.ts');
    const { runTail } = await import('../src/cli/tail/run-tail.ts');
    const options = { json: this.jsonEnabled(), style: this.style, streams: process };
    await endsWhenInterrupted(runTail(this.instance(flags), filtersOf(flags), options));
  }
}
