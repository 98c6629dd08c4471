import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { taskScreen } from '../../src/cli/tasks/task-screens.ts';
import { showTask } from '../../src/cli/tasks/tasks.ts';

export default class TasksShow extends BaseCommand {
  static override summary = 'Show one task: its steps, checkpoints, error and log.';
  static override examples = ['<%= config.bin %> tasks show 12'];
  static override args = { task: Args.string({ description: 'Number from tasks list.', required: true }) };

  async run() {
    const { args, flags } = await this.parse(TasksShow);
    const report = await showTask(this.instance(flags), args.task);
    return this.show(report, (style) => taskScreen(report, style, Date.now()));
  }
}
