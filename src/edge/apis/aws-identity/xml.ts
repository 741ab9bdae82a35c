/** XML of an element's content: texts, and elements in the order of their names here. */
export type XmlContent = string | number | { readonly [name: string]: XmlContent };

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** An element with its namespace, as AWS's query protocol answers. */
export function xmlOf(name: string, namespace: string, content: XmlContent): string {
  return `<${name} xmlns="${namespace}">${inside(content)}</${name}>`;
}

function inside(content: XmlContent): string {
  if (typeof content === 'object')
    return Object.entries(content)
      .map(([name, of]) => `<${name}>${inside(of)}</${name}>`)
      .join('');
  return String(content).replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? '');
}
