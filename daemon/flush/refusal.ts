/**
 * The one place that decides what a ClickHouse error means for a batch. Codes are those of
 * https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
 *
 * `data`: what the rows hold is refused and will be refused again (bisect, then dead letter).
 * `unknown`: the server itself does not know whether the insert took place (count).
 * `memory`: not even all its memory is enough for so many rows, or others use it just now. Fewer rows may pass.
 * `other`: everything else: full disks, too many parts, wrong password, a missing table. The rows are fine; they
 * wait, however long it takes. CANNOT_READ_ALL_DATA (33) is among them: our blocks are whole, so the body was cut on the
 * way.
 */
export type Refusal = 'data' | 'unknown' | 'memory' | 'other';

const DATA_CODES = new Set([
  6, // CANNOT_PARSE_TEXT
  25, // CANNOT_PARSE_ESCAPE_SEQUENCE
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  // LOGICAL_ERROR: 26.7 writes some mixtures of JSON objects in arrays wrong and notices; halves of them pass.
  49,
  53, // TYPE_MISMATCH
  69, // ARGUMENT_OUT_OF_BOUND
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  131, // TOO_LARGE_STRING_SIZE
  190, // SIZES_OF_ARRAYS_DONT_MATCH
  321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  376, // CANNOT_PARSE_UUID
  407, // DECIMAL_OVERFLOW
  469, // VIOLATED_CONSTRAINT
  675, // CANNOT_PARSE_IPV4
  676, // CANNOT_PARSE_IPV6
]);

/** The server's own time for a statement was over. */
export const TIMEOUT_EXCEEDED = 159;

const UNKNOWN_CODES = new Set([
  TIMEOUT_EXCEEDED,
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  319, // UNKNOWN_STATUS_OF_INSERT
  394, // QUERY_WAS_CANCELLED
]);

const MEMORY_CODES = new Set([
  173, // CANNOT_ALLOCATE_MEMORY
  241, // MEMORY_LIMIT_EXCEEDED
]);

export function classifyRefusal(code: number): Refusal {
  if (DATA_CODES.has(code)) return 'data';
  if (UNKNOWN_CODES.has(code)) return 'unknown';
  return MEMORY_CODES.has(code) ? 'memory' : 'other';
}
