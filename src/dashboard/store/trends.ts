import type { SourceFigures } from '../../control/stream.ts';

/** Sources whose course is kept, and for how many ticks. */
const SOURCES_MAX = 500;
const TICKS_MAX = 60;

/**
 * Events of each source over the last ticks: the stream tells a source's figures of one interval only. Full: the source
 * that was not seen for longest gives way.
 */
export class Trends {
  readonly #courses = new Map<string, number[]>();

  push(sources: readonly SourceFigures[]): void {
    const seen = new Map(sources.map((source) => [sourceKey(source), source.events]));
    for (const [key, course] of this.#courses) if (!seen.has(key)) append(course, 0);
    for (const [key, events] of seen) {
      const course = this.#courses.get(key) ?? [];
      this.#courses.delete(key);
      this.#courses.set(key, append(course, events));
    }
    for (const key of this.#courses.keys()) {
      if (this.#courses.size <= SOURCES_MAX) break;
      this.#courses.delete(key);
    }
  }

  /** The last `count` values of a source, oldest first. */
  of(source: SourceFigures, count: number): readonly number[] {
    return (this.#courses.get(sourceKey(source)) ?? []).slice(-count);
  }
}

/** Neither part may hold a line break: validate refuses control characters in both. */
export function sourceKey({ account, name }: SourceFigures): string {
  return `${account}\n${name}`;
}

function append(course: number[], value: number): number[] {
  course.push(value);
  if (course.length > TICKS_MAX) course.shift();
  return course;
}
