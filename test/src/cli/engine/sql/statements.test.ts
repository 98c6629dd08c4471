import { describe, expect, it } from 'vitest';
import { oneLine, splitStatements } from '../../../../../src/cli/engine/sql/statements.ts';

const texts = (sql: string) => splitStatements(sql).statements.map(({ text }) => text);

describe('a text is split where a statement ends', () => {
  it.each([
    ['SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2']],
    ["SELECT ';', 'it''s;', 'a\\';b';SELECT 2;", ["SELECT ';', 'it''s;', 'a\\';b'", 'SELECT 2']],
    ['SELECT "a;b", `c;d` ;', ['SELECT "a;b", `c;d`']],
    ['SELECT 1 -- not here; nor here\n, 2;', ['SELECT 1 -- not here; nor here\n, 2']],
    ['SELECT 1 # not; here\n, 2; #!nor;here\n', ['SELECT 1 # not; here\n, 2']],
    ['/* one; */ SELECT /* two; */ 1;', ['/* one; */ SELECT /* two; */ 1']],
    ['SELECT $tag$ a;b $$ ; $tag$;', ['SELECT $tag$ a;b $$ ; $tag$']],
    [';;  ; -- nothing\n;', []],
    ['SELECT 4 / 2 - 1; SELECT a-b', ['SELECT 4 / 2 - 1']],
  ])('%s', (sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  it('also at \\G, which asks for a list', () => {
    expect(splitStatements('SELECT 1\\G SELECT 2;').statements).toEqual([
      { text: 'SELECT 1', vertical: true, line: 1 },
      { text: 'SELECT 2', vertical: false, line: 1 },
    ]);
  });

  it('and knows the line on which each begins', () => {
    expect(splitStatements('SELECT 1;\n\nSELECT\n2;\nSELECT 3').statements.map(({ line }) => line)).toEqual([1, 3]);
    expect(splitStatements('SELECT 1;\n\nSELECT 3').rest).toEqual({ text: 'SELECT 3', vertical: false, line: 3 });
  });

  it.each([
    ["SELECT 'open ; still", true],
    ['SELECT 1 /* open ;', true],
    ['SELECT $x$ open ; $y$', true],
    ['SELECT 1; -- all said', false],
    ['SELECT 1; /* open ; */', false],
  ])('what is open stays open: %s', (sql, isOpen) => {
    expect(splitStatements(sql).isOpen).toBe(isOpen);
  });
});

describe('a statement in one line', () => {
  it('has no comments and single blanks, but every blank of a text', () => {
    expect(oneLine("SELECT  'a  b' -- one\n  , /* two */ 2\n")).toBe("SELECT 'a  b' , 2");
  });

  it('cannot be made of one with a line break in a text', () => {
    expect(oneLine("SELECT 'a\nb'")).toBeUndefined();
  });
});
