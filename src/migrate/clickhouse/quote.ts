/** An identifier of ClickHouse, whatever its characters. */
export function chName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

/** A text of ClickHouse. */
export function chText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
