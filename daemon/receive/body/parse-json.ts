/**
 * `JSON.parse` for bodies of many senders in one thread.
 *
 * V8 13.6 (Node 24) remembers the keys of objects it has parsed and compares the raw text of the next ones with them:
 * once a key that ends in a backslash was seen, another sender's key that ends in one escape in the same place is read
 * as that key (https://github.com/nodejs/node/issues/63785). So no key that ends in a backslash is ever parsed: it gets
 * `_` behind it, as if its sender had written that.
 *
 * Throws what `JSON.parse` throws.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(mayEndInBackslash(text) ? markBackslashKeys(text) : text);
}

function mayEndInBackslash(text: string): boolean {
  return text.includes('\\\\"') || text.includes('\\u005c"') || text.includes('\\u005C"');
}

/** A quote behind an even number of backslashes ends a string, and a string in front of a colon is a key. */
function markBackslashKeys(text: string): string {
  return text.replace(/(\\+)(u005[cC])?"(?=\s*:)/g, (found, backslashes: string, code: string | undefined) => {
    const escapesNext = backslashes.length % 2 === 1;
    const endsInBackslash = code === undefined ? !escapesNext : escapesNext;
    return endsInBackslash ? `${found.slice(0, -1)}_"` : found;
  });
}
