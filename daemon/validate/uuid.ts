const CANONICAL_LENGTH = 36;

/** The canonical lower-case form of a UUID of any version, or empty when `text` is not one (hyphens are required). */
export function canonicalUuid(text: string): string {
  if (text.length !== CANONICAL_LENGTH) return '';
  let upper = false;
  for (let index = 0; index < CANONICAL_LENGTH; index++) {
    const code = text.charCodeAt(index);
    if (index === 8 || index === 13 || index === 18 || index === 23) {
      if (code !== 0x2d) return '';
    } else if (code >= 0x41 && code <= 0x46) {
      upper = true;
    } else if (!(code >= 0x30 && code <= 0x39) && !(code >= 0x61 && code <= 0x66)) {
      return '';
    }
  }
  return upper ? text.toLowerCase() : text;
}
