const UTF8_BYTES_PER_UNIT_MAX = 3;

/**
 * The longest start of `text` within `bytesMax` bytes of UTF-8, never half a character. Only for what enrich derives
 * itself: the sender's own field stands whole in the event (`url`) or is not stored at all (the user agent).
 */
export function cutText(text: string, bytesMax: number): string {
  if (text.length * UTF8_BYTES_PER_UNIT_MAX <= bytesMax) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--; // a continuation byte: its character would be cut in half
  return bytes.toString('utf8', 0, end);
}

/** A copy that holds no larger text alive: V8 keeps the whole parent of a slice. For keys of caches. */
export function detachText(text: string): string {
  return Buffer.from(text).toString();
}
