import { type Block, panel } from '../../../terminal/lines.ts';
import type { Look, Tone } from '../../../terminal/look.ts';
import { fullNumber, milliseconds } from '../../../terminal/numbers.ts';
import { wrap } from '../../../terminal/wrap.ts';
import { count } from '../facts.ts';
import type { LedgerVerdict, Report } from '../report.ts';
import { BIG_LINES, bigNumber } from './big-number.ts';
import { centred } from './layout.ts';

const KINDS = ['missing', 'duplicate', 'phantom', 'corrupt'] as const;
const EXAMPLES_MAX = 20;
/** Narrower than this the digits do not stand beside each other. */
const BIG_MIN = 60;

/** Whether every event is where it belongs: four numbers that have to be zero, and what they were counted from. */
export function ledgerPanel({ ledger }: Pick<Report, 'ledger'>, width: number, look: Look): Block {
  if (ledger === null) {
    const lines = [' not verified: nothing is known of what was stored'].map((line) => look.paint('warn', line));
    return panel({ title: 'Ledger', lines }, width, lines.length + 2, look);
  }
  const inner = width - 2;
  const tone = (kind: (typeof KINDS)[number]): Tone => (ledger[kind] === 0 ? 'good' : 'bad');
  const numbers = KINDS.map((kind) => {
    const text = fullNumber(ledger[kind]);
    const digits = inner < BIG_MIN || text.length > 5 ? ['', text, ''] : bigNumber(text, look);
    return digits.map((line) => look.paint(tone(kind), line));
  });
  const names = KINDS.map((kind) => [look.paint('dim', kind)]);
  const lines = [
    ...centred(numbers, inner, BIG_LINES),
    ...centred(names, inner, 1),
    '',
    ...wrap(counted(ledger), inner - 2).map((line) => ` ${line}`),
    ...examples(ledger).flatMap((text) => wrap(text, inner - 2).map((line) => look.paint('bad', ` ${line}`))),
  ];
  const note = `counted without FINAL, in ${milliseconds(ledger.ms)}`;
  return panel({ title: 'Ledger', note, lines }, width, lines.length + 2, look);
}

/** What the four numbers were counted from. */
export function counted(ledger: LedgerVerdict): string {
  return [
    `${fullNumber(ledger.acknowledged)} acknowledged`,
    `${fullNumber(ledger.rejected)} rejected`,
    `${fullNumber(ledger.unknown)} unknown (${fullNumber(ledger.unknownPresent)} of them stored)`,
    `${fullNumber(ledger.resent)} sent a second time on purpose`,
    `${count(ledger.rows, 'row')} found`,
  ].join(', ');
}

/** The first violations, as they can be looked for. */
export function examples({ examples: violations }: LedgerVerdict): string[] {
  return violations
    .slice(0, EXAMPLES_MAX)
    .map(({ kind, eventId, n }) => `${kind} ${eventId}${n === null ? '' : ` (event ${n})`}`);
}
