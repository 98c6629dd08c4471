import { BaseCommand } from '../../src/cli/base-command.ts';
import { jurisdictionsScreen, listJurisdictions } from '../../src/cli/jurisdictions/jurisdictions.ts';

export default class JurisdictionsList extends BaseCommand {
  static override summary = 'List whose privacy rules hold where, and what they do to events without consent.';
  static override examples = ['<%= config.bin %> jurisdictions list'];

  async run() {
    const { flags } = await this.parse(JurisdictionsList);
    const report = await listJurisdictions(this.instance(flags));
    return this.show(report, () => jurisdictionsScreen(report.jurisdictions));
  }
}
