import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOME_MODE } from '../../config/home.ts';
import { PRESETS, type Ui } from '../../dashboard/input/ui.ts';
import type { ExportDocument } from '../../dashboard/print/export.ts';
import { WINDOWS_MS } from '../../dashboard/store/series.ts';
import { BYTE_UNITS } from '../../terminal/numbers.ts';

type Choices = Pick<Ui, 'preset' | 'windowMs' | 'latency' | 'logarithmic' | 'byteUnits'>;

/** What the dashboard keeps in the home: exports, and the choices to begin with next time. */
export class DashFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns where the export lies, or why there is none. */
  write(document: ExportDocument, now: number): string {
    const file = join(this.#folder, `export-${new Date(now).toISOString().replaceAll(':', '-')}.json`);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: HOME_MODE });
      writeFileSync(file, JSON.stringify(document, null, 2), { mode: 0o600 });
      return `exported to ${file}`;
    } catch (error) {
      return `not exported: ${(error as Error).message}`;
    }
  }

  /** The choices of last time; what is not valid is as if it were not there. */
  readChoices(): Partial<Choices> {
    let given: Partial<Record<keyof Choices, unknown>>;
    try {
      given = JSON.parse(readFileSync(this.#choicesFile, 'utf8'));
    } catch {
      return {};
    }
    const { preset, windowMs, latency, logarithmic, byteUnits } = given ?? {};
    return {
      ...(isOneOf(PRESETS, preset) && { preset }),
      ...(isOneOf(WINDOWS_MS, windowMs) && { windowMs }),
      ...(isOneOf(['map', 'lines'] as const, latency) && { latency }),
      ...(typeof logarithmic === 'boolean' && { logarithmic }),
      ...(isOneOf(BYTE_UNITS, byteUnits) && { byteUnits }),
    };
  }

  /** Best effort: a home that cannot be written costs the choices, nothing else. */
  keepChoices({ preset, windowMs, latency, logarithmic, byteUnits }: Ui): void {
    const choices: Choices = { preset, windowMs, latency, logarithmic, byteUnits };
    try {
      mkdirSync(this.#folder, { recursive: true, mode: HOME_MODE });
      writeFileSync(this.#choicesFile, JSON.stringify(choices), { mode: 0o600 });
    } catch {}
  }

  get #choicesFile(): string {
    return join(this.#folder, 'choices.json');
  }
}

function isOneOf<T>(list: readonly T[], value: unknown): value is T {
  return list.includes(value as T);
}
