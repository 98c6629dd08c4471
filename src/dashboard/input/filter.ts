/** Characters of a filter; a regular expression is run on every row of every frame. */
export const FILTER_LENGTH_MAX = 64;

/**
 * What a typed filter lets through: text without regard to case, `/regular expression/`, and either with `!` before it
 * for everything else. An expression that is not valid is taken as text, so that typing one never fails.
 */
export function filterOf(typed: string): (text: string) => boolean {
  if (typed.startsWith('!') && typed.length > 1) {
    const matches = filterOf(typed.slice(1));
    return (text) => !matches(text);
  }
  const expression = /^\/(.+)\/$/.exec(typed)?.[1];
  const compiled = expression === undefined ? undefined : compile(expression);
  if (compiled !== undefined) return (text) => compiled.test(text);
  const wanted = typed.toLowerCase();
  return (text) => text.toLowerCase().includes(wanted);
}

function compile(expression: string): RegExp | undefined {
  try {
    return new RegExp(expression, 'iu');
  } catch {
    return undefined;
  }
}
