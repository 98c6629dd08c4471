/** A text of ClickHouse. */
export function chText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
