import { BaseCommand } from '../src/cli/base-command.ts';

export default class Routes extends BaseCommand {
  static override summary = 'Show every route of the collector and which key opens it.';
  static override description =
    'Of the running daemon, else as the next start would have it: the table that the router is built from.';
  static override examples = ['<%= config.bin %> routes', '<%= config.bin %> routes --json'];

  async run() {
    const { flags } = await this.parse(Routes);
    const { routesReport, routesScreen } = await import('../src/cli/routes/routes.ts');
    const report = await routesReport(this.instance(flags));
    return this.show(report, () => routesScreen(report));
  }
}
