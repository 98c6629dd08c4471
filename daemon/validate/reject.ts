import type { Rejection, RejectionReason } from '../../src/event/rejection.ts';

const FIELD_CHARS_MAX = 80;

/** A rejection without a limit: its message is the field and what `is` says of it, which must hold no text of the sender. */
export function reject(reason: RejectionReason, field: string, is: string): Rejection {
  const shown = printable(field);
  return { reason, field: shown, message: `${shown} ${is}` };
}

/** A rejection because something is over `limit`; `unit` names what is counted. */
export function rejectOver(
  reason: RejectionReason,
  field: string,
  given: number,
  limit: number,
  unit: string,
): Rejection {
  const shown = printable(field);
  return { reason, field: shown, limit, message: `${shown} has ${given} ${unit}; at most ${limit} are allowed` };
}

export function wrongType(field: string, allowed: string, given: unknown): Rejection {
  const shown = printable(field);
  return { reason: 'wrong_type', field: shown, message: `${shown} is ${typeName(given)}; allowed is ${allowed}` };
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Property keys come from the sender: what stands in an answer or a log is short and plain ASCII. */
function printable(field: string): string {
  const cut = field.length > FIELD_CHARS_MAX ? `${field.slice(0, FIELD_CHARS_MAX)}...` : field;
  return cut.replace(/[^\w.[\]$ -]/g, '?');
}
