import { describe, expect, it } from 'vitest';
import { formatAnswer, missingText, queryDocument } from '../../../../src/cli/query/formats.ts';

const answer = {
  columns: [
    { name: 'name', type: 'String' },
    { name: 'n', type: 'UInt64' },
  ],
  rows: [
    { name: 'say "hi", you\n', n: '18446744073709551615' },
    { name: null, n: 2 },
  ],
};

describe('formatAnswer', () => {
  it('prints a table with escaped text, numbers on the right and the count', () => {
    expect(formatAnswer(answer, 'table').split('\n')).toEqual([
      `name${'n'.padStart(33)}`,
      'say "hi", you\\n  18446744073709551615',
      `NULL${'2'.padStart(33)}`,
      '(2 rows)',
    ]);
  });

  it('prints CSV with a head line and quotes where they are needed', () => {
    expect(formatAnswer(answer, 'csv')).toBe('name,n\n"say ""hi"", you\n",18446744073709551615\n,2');
  });

  it('prints one object a line as NDJSON', () => {
    expect(
      formatAnswer(answer, 'ndjson')
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(answer.rows);
  });

  it('prints one document as JSON', () => {
    expect(JSON.parse(formatAnswer(answer, 'json'))).toEqual({ schema: 'trackflow.query/1', ...answer });
  });

  it('prints the head of an answer without rows', () => {
    expect(formatAnswer({ ...answer, rows: [] }, 'table')).toBe('name  n\n(0 rows)');
    expect(formatAnswer({ ...answer, rows: [] }, 'csv')).toBe('name,n');
  });
});

describe('an answer without the rows of a shard', () => {
  it('says so in the document and to people, and a whole one says nothing', () => {
    expect(queryDocument({ ...answer, missingShards: [2, 4] })).toMatchObject({ missingShards: [2, 4] });
    expect(missingText({ ...answer, missingShards: [2, 4] })).toContain('without the rows of shards 2, 4');
    expect(Object.keys(queryDocument(answer))).toEqual(['schema', 'rows', 'columns']);
    expect(missingText(answer)).toBeUndefined();
  });
});
