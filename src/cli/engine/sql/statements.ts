/** One statement of a text, without what ended it. */
export interface Statement {
  readonly text: string;
  /** It ended with `\G`: rows are to be shown one below the other. */
  readonly vertical: boolean;
  /** Line of the text on which it begins, from 1. */
  readonly line: number;
}

export interface Statements {
  readonly statements: readonly Statement[];
  /** What follows the last end; blank or comments alone when nothing does. */
  readonly rest: Statement;
  /** Whether `rest` holds more than blanks and comments. */
  readonly isOpen: boolean;
}

/**
 * What can hold a semicolon that ends nothing, the ends themselves, and everything else. A quote or comment that is not
 * closed takes the rest of the text. The forms are those of ClickHouse's lexer: `''` and `\'` in strings, `--`, `# ` and
 * `#!` to the end of the line, comments that do not nest, heredocs `$tag$…$tag$`.
 */
const PIECE =
  /(?<blank>\s+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<quoted>'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|`(?:[^`\\]|\\[\s\S])*(?:`|$)|"(?:[^"\\]|\\[\s\S])*(?:"|$)|(?<tag>\$\w*\$)[\s\S]*?(?:\k<tag>|$))|(?<end>;|\\G)|[^\s;\\'`"$#/-]+|[\s\S]/g;

/** The statements of `text`, which a person typed. Knows nothing of SQL but where a statement can end. */
export function splitStatements(text: string): Statements {
  const statements: Statement[] = [];
  let begin = 0;
  let hasWords = false;
  const statement = (to: number, vertical: boolean): Statement => {
    const raw = text.slice(begin, to);
    const lead = /^\s*/.exec(raw)![0].length;
    return { text: raw.trim(), vertical, line: text.slice(0, begin + lead).split('\n').length };
  };
  for (const { 0: piece, index, groups } of text.matchAll(PIECE)) {
    if (groups?.end !== undefined) {
      if (hasWords) statements.push(statement(index, groups.end === '\\G'));
      begin = index + piece.length;
      hasWords = false;
    } else if (groups?.blank === undefined) hasWords = true;
  }
  return { statements, rest: statement(text.length, false), isOpen: hasWords };
}

/** A statement in one line, without comments; undefined where a line break is part of a text. */
export function oneLine(statement: string): string | undefined {
  let line = '';
  for (const { 0: piece, groups } of statement.matchAll(PIECE)) {
    if (groups?.quoted?.includes('\n')) return undefined;
    if (groups?.blank === undefined) line += piece;
    else if (!line.endsWith(' ')) line += ' ';
  }
  return line.trim();
}
