/** An identifier as ClickHouse reads it back unchanged. */
export function quoted(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}
