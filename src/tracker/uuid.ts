/**
 * A UUIDv7 (RFC 9562): milliseconds since 1970, then 72 random bits, so that ids sort by time. `getRandomValues` exists in
 * insecure contexts too, unlike `randomUUID`.
 */
export function uuid(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  let at = 0;
  return 'xxxxxxxx-xxxx-7xxx-8xxx-xxxxxxxxxxxx'.replace(
    /x/g,
    () => time[at++] ?? (crypto.getRandomValues(new Uint8Array(1))[0]! % 16).toString(16),
  );
}
