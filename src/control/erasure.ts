/** The kind of task that erases a person, and what `trackflow erase` says of it. */
export const ERASE_KIND = 'erase';

/** Rows that went, by table. */
export type ErasedRows = Readonly<Record<string, number>>;

export interface ErasureReport {
  readonly schema: 'trackflow.erasure/1';
  readonly task: number;
  readonly rows: ErasedRows;
}
