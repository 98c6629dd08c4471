import type { PullProgress } from '../../engine/docker/client/pull.ts';
import { terminalJson, terminalText } from '../../terminal/text.ts';
import { bytesText } from '../terminal/units.ts';

const BAR_CELLS = 30;
const LINES_EVERY_MS = 2_000;
const CLEAR_LINE = '\r\u001b[K';

/** How far a pull is: one line that is drawn over on a terminal, a JSON document now and then elsewhere. */
export interface PullView {
  readonly show: (progress: PullProgress) => void;
  /** Leaves the cursor where other output may begin. */
  readonly end: () => void;
}

export function pullView(stream: NodeJS.WriteStream): PullView {
  return stream.isTTY ? bar(stream) : lines(stream);
}

function bar(stream: NodeJS.WriteStream): PullView {
  let drawn = false;
  return {
    show: (progress) => {
      drawn = true;
      stream.write(CLEAR_LINE + barText(progress).slice(0, stream.columns - 1));
    },
    end: () => {
      if (drawn) stream.write(CLEAR_LINE);
    },
  };
}

/** `pulling NAME ██████░░░░ 45 %  120.0 MiB of 266.0 MiB, 3 of 8 layers`. */
export function barText({ image, bytes, bytesTotal, layersDone, layers }: PullProgress): string {
  const share = bytesTotal > 0 ? Math.min(1, bytes / bytesTotal) : 0;
  const full = Math.round(share * BAR_CELLS);
  const cells = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full);
  const size = `${bytesText(bytes)} of ${bytesText(bytesTotal)}`;
  return `pulling ${terminalText(image)} ${cells} ${Math.floor(share * 100)} %  ${size}, ${layersDone} of ${layers} layers`;
}

function lines(stream: NodeJS.WriteStream): PullView {
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show: (progress) => {
      if (performance.now() - shownAt < LINES_EVERY_MS) return;
      shownAt = performance.now();
      stream.write(`${terminalJson({ schema: 'trackflow.pull/1', ...progress })}\n`);
    },
    end: () => {},
  };
}
