/** What of SQL text can hold a semicolon that ends nothing: comments, strings, quoted names. */
const TOKEN = /--[^\n]*|\/\*.*?\*\/|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|;|[^;'"`/-]+|[/-]/gs;

/** The statements of one of our schema files, without comments, in order. Not for text that we did not write. */
export function statementsOf(sql: string): string[] {
  const statements = [''];
  for (const [token] of sql.matchAll(TOKEN)) {
    if (token === ';') statements.push('');
    else if (!token.startsWith('--') && !token.startsWith('/*')) statements[statements.length - 1] += token;
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}
