import { BaseCommand } from '../src/cli/base-command.ts';
import { START_FLAGS, settingsFrom } from '../src/cli/lifecycle/start-flags.ts';

export default class Start extends BaseCommand {
  static override summary = 'Start the daemon in the background and return when it is ready.';
  static override description = 'Starting what runs already changes nothing and prints the same screen.';
  static override examples = [
    '<%= config.bin %> start',
    '<%= config.bin %> start --home ./data --port 9000',
    '<%= config.bin %> start --engine url --engine-url http://clickhouse:8123 --engine-password-file ./password',
    '<%= config.bin %> start --set flush.ageMsMax=2s --set spool.bytesMax=50GiB',
  ];
  static override flags = START_FLAGS;

  async run() {
    const { flags } = await this.parse(Start);
    const { startInstance } = await import('../src/cli/lifecycle/start.ts');
    const { startScreen } = await import('../src/cli/lifecycle/start-screen.ts');
    const instance = this.instance(flags);
    const options = { flags: settingsFrom(flags), wait: flags.wait, timeoutMs: flags.timeout };
    const report = await startInstance(instance, options);
    return this.show(report, (style) => startScreen(report, instance, style));
  }
}
