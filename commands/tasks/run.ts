import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { runTask } from '../../src/cli/tasks/tasks.ts';

export default class TasksRun extends BaseCommand {
  static override summary = 'Run a recurring task now, like retention.';
  static override examples = ['<%= config.bin %> tasks run retention'];
  static override args = { kind: Args.string({ description: 'Kind of the task.', required: true }) };

  async run() {
    const { args, flags } = await this.parse(TasksRun);
    const report = await runTask(this.instance(flags), args.kind);
    const { task, changed } = report;
    return this.show(report, () => `task ${task.id} is ${task.state}${changed ? '' : ' already'}`);
  }
}
