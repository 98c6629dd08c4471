import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { cancelTask } from '../../src/cli/tasks/tasks.ts';

export default class TasksCancel extends BaseCommand {
  static override summary = 'End a task: at once when it waits, at its next checkpoint when it runs.';
  static override examples = ['<%= config.bin %> tasks cancel 12'];
  static override args = { task: Args.string({ description: 'Number from tasks list.', required: true }) };

  async run() {
    const { args, flags } = await this.parse(TasksCancel);
    const report = await cancelTask(this.instance(flags), args.task);
    const { id, state } = report.task;
    return this.show(report, () =>
      state === 'running' ? `task ${id} ends at its next checkpoint` : `task ${id} is ${state}`,
    );
  }
}
