/** A value of a ClickHouse configuration file. A name that begins with `@` is an attribute of the element it stands in. */
export type XmlNode = XmlLeaf | readonly XmlNode[] | XmlBranch;
export type XmlBranch = { readonly [name: string]: XmlNode };
type XmlLeaf = string | number;

/** A configuration file as ClickHouse reads it. */
export function xmlDocument(root: XmlBranch): string {
  return `${element('clickhouse', root)}\n`;
}

/** A list becomes the element repeated, which is how ClickHouse writes lists. */
function element(name: string, node: XmlNode): string {
  if (Array.isArray(node)) return node.map((one: XmlNode) => element(name, one)).join('');
  if (typeof node !== 'object') return `<${name}>${escaped(String(node))}</${name}>`;
  const entries = Object.entries(node as XmlBranch);
  const attributes = entries
    .filter(([child]) => child.startsWith('@'))
    .map(([child, value]) => ` ${child.slice(1)}="${escaped(String(value))}"`)
    .join('');
  const inside = entries
    .filter(([child]) => !child.startsWith('@'))
    .map(([child, value]) => element(child, value))
    .join('');
  return `<${name}${attributes}>${inside}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
