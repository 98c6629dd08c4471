const KIB = 1024;

/**
 * Limits of the edge that no operator has a reason to change. What one may want to change is in `config.receive`, what
 * belongs to an event is in `EVENT_LIMITS`.
 */
export const RECEIVE_LIMITS = {
  /** Request line and headers together; above it 431. */
  headBytesMax: 8 * KIB,
  /** Headers of one request over HTTP/2. */
  headersMax: 100,
  /** Requests of one HTTP/2 session at a time. */
  streamsMax: 100,
  /** How often Node looks for requests past their timeout: a 408 comes at most this much late. */
  timeoutCheckMs: 50,
  /** Rejections spelled out in one answer; the rest is a number, so that an answer stays smaller than its request. */
  rejectionsListedMax: 100,
  /** Object keys in one event, at any depth. Parsing slows down with distinct keys, so they are counted before. */
  eventKeysMax: 1_024,
  /** Object keys in one body: 40 to 100 ms of parsing at the worst. */
  bodyKeysMax: 100_000,
  /** Events of one collector that wait for their sync: half a kilobyte each besides their text, however short that is. */
  inflightEventsMax: 250_000,
  /** The window that RFC 9659 allows in HTTP: 8 MiB. Without it a frame may ask the decoder for 128 MiB. */
  zstdWindowLogMax: 23,
  /** How long a browser may keep the answer to a preflight; browsers cap it at two hours to a day. */
  preflightSeconds: 86_400,
  /** How long a browser keeps the tracker without asking, and for how much longer it may use it while it asks. */
  scriptSeconds: 3_600,
  scriptStaleSeconds: 86_400,
  /** What a refused client is told to wait when this collector is full: requests end within milliseconds. */
  overloadRetrySeconds: 1,
  /** What a refused client is told to wait during a stop: about the length of a restart. */
  stoppingRetrySeconds: 5,
  /** Messages of one WebSocket that wait for their ack; its socket is not read above it. */
  unackedMessagesMax: 64,
  /** Bytes of acks that a WebSocket's client has not read; its socket is not read above it. */
  unreadAckBytesMax: 64 * KIB,
} as const;
