/** Where ClickHouse answers and as whom to speak: all that anybody above `engine` knows about it. Structured-clonable. */
export interface Endpoint {
  /** `http://127.0.0.1:PORT` or the operator's URL, without credentials. */
  readonly url: string;
  readonly database: string;
  /** May write and change the schema. */
  readonly writer: Credentials;
  /** May only read, within limits. For kind url the same user, held to `readonly` by settings. */
  readonly reader: Credentials;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}
