import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { BASES, jurisdictionsScreen, setJurisdiction, WITHOUTS } from '../../src/cli/jurisdictions/jurisdictions.ts';

export default class JurisdictionsSet extends BaseCommand {
  static override summary = 'Change what a jurisdiction does, or add one.';
  static override examples = [
    '<%= config.bin %> jurisdictions set EU --without drop',
    '<%= config.bin %> jurisdictions set JP --name Japan --countries JP --basis opt-out --without strip',
  ];
  static override args = {
    code: Args.string({ required: true, ignoreStdin: true, description: 'Like EU or US-CA; * is everywhere else.' }),
  };
  static override flags = {
    name: Flags.string({ summary: 'What people call it.', helpValue: 'TEXT' }),
    regulation: Flags.string({ summary: 'The law it stands for.', helpValue: 'TEXT' }),
    countries: Flags.string({ summary: 'Codes of its countries, with commas.', helpValue: 'LIST' }),
    regions: Flags.string({ summary: 'Only these regions of them, with commas.', helpValue: 'LIST' }),
    basis: Flags.string({ summary: 'Whether who said nothing has agreed.', options: BASES }),
    without: Flags.string({ summary: 'What happens to an event without consent.', options: WITHOUTS }),
    rules: Flags.string({ summary: 'What sites show.', helpValue: 'TEXT' }),
  };

  async run() {
    const { args, flags } = await this.parse(JurisdictionsSet);
    const { name, regulation, countries, regions, basis, without, rules } = flags;
    const changes = { name, regulation, countries, regions, basis, without, rules };
    const written = await setJurisdiction(this.instance(flags), args.code, changes);
    return this.show(written, () => jurisdictionsScreen([written]));
  }
}
