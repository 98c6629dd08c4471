import type { TaskReport } from '../../control/tasks.ts';
import { shorten, terminalJson, terminalText } from '../../terminal/text.ts';
import { secondsText } from '../terminal/units.ts';
import { progressText } from './task-screens.ts';

const LINES_EVERY_MS = 1_000;
const CLEAR_LINE = '\r\u001b[K';

/** How far a task is: one line that is drawn over on a terminal, a JSON document now and then elsewhere. */
export interface TaskProgress {
  readonly show: (task: TaskReport) => void;
  /** Leaves the cursor where other output may begin. */
  readonly end: () => void;
}

export function taskProgress(stream: NodeJS.WriteStream): TaskProgress {
  return stream.isTTY ? bar(stream) : lines(stream);
}

function bar(stream: NodeJS.WriteStream): TaskProgress {
  return {
    show: (task) => {
      const seconds = (Date.now() - Date.parse(task.createdAt)) / 1_000;
      const step = task.steps.findIndex(({ name }) => name === task.step) + 1;
      const parts = [`${terminalText(task.step)} (${step} of ${task.steps.length})`, progressText(task)];
      const waits = task.state === 'queued' && task.error !== '' ? `again soon: ${terminalText(task.error)}` : '';
      const text = [...parts, secondsText(seconds), waits].filter(Boolean).join('  ');
      stream.write(CLEAR_LINE + shorten(text, stream.columns - 1));
    },
    end: () => stream.write(CLEAR_LINE),
  };
}

function lines(stream: NodeJS.WriteStream): TaskProgress {
  let shown = '';
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show: ({ id, kind, state, step, progress, error }) => {
      const text = terminalJson({ schema: 'trackflow.task-progress/1', task: id, kind, state, step, progress, error });
      const isNew = text !== shown && performance.now() - shownAt >= LINES_EVERY_MS;
      if (!isNew) return;
      shown = text;
      shownAt = performance.now();
      stream.write(`${text}\n`);
    },
    end: () => {},
  };
}
