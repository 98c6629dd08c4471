import { table } from '../terminal/table.ts';
import { plural } from '../terminal/units.ts';
import type { ConfigReport, ConfigValidation } from './report.ts';

/** A table of all settings; where a value is not the default, its origin says what to change. */
export function configScreen({ settings }: ConfigReport): string {
  const rows = settings.map(({ key, value, origin, env, meaning }) => [
    key,
    Array.isArray(value) ? value.join(',') || '-' : String(value === '' ? '-' : value),
    origin === 'env' ? env : origin,
    meaning,
  ]);
  return table([{ title: 'SETTING' }, { title: 'VALUE' }, { title: 'FROM' }, { title: 'MEANING' }], rows);
}

export function validationScreen({ file, exists, given }: ConfigValidation): string {
  if (!exists) return `no ${file}: defaults apply`;
  return `${file} is valid: ${plural(given.length, 'setting')}`;
}
