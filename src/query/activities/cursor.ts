import { TrackflowError } from '../../errors/error.ts';

/** The last row of a page of activities: what the next page begins after. */
export interface Position {
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly eventId: string;
}

const SHAPE = /^(?<receivedAt>\d{1,15})\.(?<eventId>[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/;

/** Opaque to the caller, safe in a URL. */
export function encodeCursor({ receivedAt, eventId }: Position): string {
  return Buffer.from(`${receivedAt}.${eventId}`).toString('base64url');
}

/** Throws TF_INPUT for anything but what `encodeCursor` made. */
export function decodeCursor(cursor: string): Position {
  const groups = SHAPE.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.groups;
  if (!groups) {
    throw new TrackflowError('TF_INPUT', 'cursor: is none that this route gave out; leave it away to begin anew');
  }
  return { receivedAt: Number(groups.receivedAt), eventId: groups.eventId! };
}
