/**
 * `POST /sql {sql, write}` over the control socket: one statement, and its answer as NDJSON as it comes. The first line
 * is `{"columns":[…]}` (an empty list for a statement without an answer), then each row is an array, as ClickHouse wrote
 * it: numbers have all their digits. The last line is `{"end":{"rows":n}}`, or `{"error":{…}}` for a failure after
 * rows; one without either was cut. A failure before is an answer like any other. A caller that goes away ends the
 * statement, where it only reads.
 */
export interface SqlColumns {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export interface SqlEnd {
  readonly end: { readonly rows: number };
}

export interface SqlError {
  readonly error: { readonly code: string; readonly message: string; readonly hints: readonly string[] };
}
