import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { retryTask } from '../../src/cli/tasks/tasks.ts';

export default class TasksRetry extends BaseCommand {
  static override summary = 'Run a failed or cancelled task again, from its last checkpoint.';
  static override examples = ['<%= config.bin %> tasks retry 12'];
  static override args = { task: Args.string({ description: 'Number from tasks list.', required: true }) };

  async run() {
    const { args, flags } = await this.parse(TasksRetry);
    const report = await retryTask(this.instance(flags), args.task);
    const { task, changed } = report;
    return this.show(report, () => `task ${task.id} is ${task.state}${changed ? ' again' : ' already'}`);
  }
}
