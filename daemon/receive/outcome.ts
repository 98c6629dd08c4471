import { REJECTION_REASONS, type Rejection } from '../../src/event/rejection.ts';
import { RECEIVE_LIMITS } from './limits.ts';

/**
 * What became of the events of one request or message, once it is durable. Every event sent is in exactly one of
 * `accepted` (new), `duplicates` (known from before, stored once) and `rejections`.
 */
export interface Outcome {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejections: readonly IndexedRejection[];
  /** Where the events lie in the spool; empty when none was taken. */
  readonly receipt: string;
}

export interface IndexedRejection {
  /** Place of the event in the request, from 0. */
  readonly index: number;
  readonly rejection: Rejection;
}

/**
 * Why a request of which nothing was taken is a bad one, the gravest first; undefined when something was, or when it
 * was the operator's choice (`policy`).
 */
export function faultOf({ accepted, duplicates, rejections }: Outcome): Fault | undefined {
  if (accepted > 0 || duplicates > 0) return undefined;
  const kinds = new Set(rejections.map(({ rejection }) => REJECTION_REASONS[rejection.reason]));
  return FAULTS.find((fault) => kinds.has(fault));
}

const FAULTS = ['invalid', 'forbidden', 'unknown'] as const;
export type Fault = (typeof FAULTS)[number];

/**
 * `{"accepted","duplicates","rejected":[{"index","reason","field","limit"?,"message"}],"receipt"}`. The first
 * `rejectionsListedMax` rejections are spelled out; `"rejectedMore"` counts the rest when there is one.
 */
export function outcomeJson(outcome: Outcome): string {
  return `{${outcomeMembers(outcome)}}`;
}

/** The members of that object without its braces, for whoever adds their own. */
export function outcomeMembers({ accepted, duplicates, rejections, receipt }: Outcome): string {
  const rejected = rejections.length === 0 ? '[]' : rejectedJson(rejections);
  return `"accepted":${accepted},"duplicates":${duplicates},"rejected":${rejected},"receipt":${JSON.stringify(receipt)}`;
}

function rejectedJson(rejections: readonly IndexedRejection[]): string {
  const listed = rejections.slice(0, RECEIVE_LIMITS.rejectionsListedMax).map(({ index, rejection }) => ({
    index,
    reason: rejection.reason,
    field: rejection.field,
    limit: rejection.limit,
    message: rejection.message,
  }));
  const more = rejections.length - listed.length;
  return JSON.stringify(listed) + (more > 0 ? `,"rejectedMore":${more}` : '');
}
