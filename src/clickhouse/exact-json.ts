/** Any number of at most 15 characters is a double without loss. */
const SAFE_CHARS = 15;

/** JSON of which no digit is lost: a number that a double would round comes back as its text. */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, keepDigits);
}

/** `source` is the number as it was written; only primitive values have it. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || source.length <= SAFE_CHARS) return value;
  return digitsOf(source) === digitsOf(String(value)) ? value : source;
}

/** The significant digits, without sign, point, exponent and zeros at either end. */
function digitsOf(number: string): string {
  return number
    .replace(/e.*$/i, '')
    .replace(/\D/g, '')
    .replace(/^0+|0+$/g, '');
}
