import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { taskListScreen } from '../../src/cli/tasks/task-screens.ts';
import { listTasks, TASK_STATES } from '../../src/cli/tasks/tasks.ts';

export default class TasksList extends BaseCommand {
  static override summary = 'List what the daemon does besides taking events: state, progress, next run.';
  static override examples = ['<%= config.bin %> tasks list', '<%= config.bin %> tasks list --state failed'];
  static override flags = {
    state: Flags.string({ summary: 'Only tasks in this state.', options: TASK_STATES }),
    kind: Flags.string({ summary: 'Only tasks of this kind.', helpValue: 'KIND' }),
  };

  async run() {
    const { flags } = await this.parse(TasksList);
    const report = await listTasks(this.instance(flags), flags);
    return this.show(report, () => taskListScreen(report, Date.now()));
  }
}
