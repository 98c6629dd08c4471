/** ClickHouse answered with an error: the statement had no effect, unless its code says otherwise (319, 159, 209 …). */
export class ClickHouseError extends Error {
  /** Number of the error in ClickHouse's own list. */
  readonly code: number;

  /** `name` is ClickHouse's name of the error, such as `TOO_MANY_PARTS`. */
  constructor(code: number, name: string, message: string) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

/**
 * No answer, half an answer, or one that does not come from ClickHouse (a proxy's page): the outcome of the statement
 * is unknown. `timedOut` tells that our own time ran out.
 */
export class ConnectionError extends Error {
  readonly timedOut: boolean;

  constructor(message: string, options: { cause?: unknown; timedOut?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ConnectionError';
    this.timedOut = options.timedOut ?? false;
  }
}

/** What the client library threw: we never reached ClickHouse, or never heard the end of its answer. */
export function toConnectionError(thrown: unknown): ConnectionError {
  const reason = thrown instanceof Error ? describe(thrown) : String(thrown);
  return new ConnectionError(shortened(reason), { cause: thrown });
}

const CODE = /\bCode: (\d+)/;
const PREFIX = /^Code: \d+\. DB::\w*Exception: /;
const VERSION = /\s*\(version [^\n]*\)\s*$/;
const NAME = /\s*\(([A-Z][A-Z0-9_]+)\)\s*$/;

/**
 * The error that an answer without success stands for. ClickHouse says `Code: 62. DB::Exception: … (SYNTAX_ERROR)
 * (version 26.7.2.1)` and repeats the number in a header; what says neither comes from somebody in between.
 */
export function errorOfAnswer(status: number, codeHeader: unknown, body: string): ClickHouseError | ConnectionError {
  const code = Number(codeHeader ?? CODE.exec(body)?.[1]);
  if (Number.isNaN(code)) return new ConnectionError(shortened(`HTTP ${status} without ClickHouse: ${body}`));
  const text = body.replace(VERSION, '');
  const name = NAME.exec(text)?.[1] ?? 'UNKNOWN';
  return new ClickHouseError(code, name, shortened(text.replace(NAME, '').replace(PREFIX, '')));
}

const MESSAGE_LENGTH_MAX = 2_000;

function shortened(message: string): string {
  const text = message.trim();
  return text.length <= MESSAGE_LENGTH_MAX ? text : `${text.slice(0, MESSAGE_LENGTH_MAX)} …`;
}

/** Node gives connection failures of a name with several addresses as an AggregateError without a message. */
function describe(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((one: Error) => one.message).join('; ');
  return error.message;
}
