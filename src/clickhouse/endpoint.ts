/** Where ClickHouse answers and as whom to speak: all that anybody above `engine` knows about it. Structured-clonable. */
export interface Endpoint {
  /** `http://127.0.0.1:PORT` or the operator's URL, without credentials. */
  readonly url: string;
  /** Addresses that answer the same reads: asked where `url` does not. Left out where there are none. */
  readonly others?: readonly string[];
  /** How many shards the tables are spread over; left out where there is one. Reads need all of them, or say which not. */
  readonly shards?: number;
  /** Rows that are stored here may have come by another replica, and a count has to wait for them first. */
  readonly replicated?: boolean;
  readonly database: string;
  /** Its tables are views of rows in PostgreSQL (`postgres-tables.ts`); left out where they are ClickHouse's own. */
  readonly viewsPostgres?: boolean;
  /** May write and change the schema. */
  readonly writer: Credentials;
  /** May only read, within limits. For kind url the same user, held to `readonly` by settings. */
  readonly reader: Credentials;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}
