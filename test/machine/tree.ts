/** Device trees made comparable: values in hex, and phandles, which are arbitrary, as the paths of the nodes they mean. */
import { isFdtNode, type FdtNode } from '../../src/base/devicetree.ts';

/** Properties that begin with, or consist of, phandles. */
const references: Readonly<Record<string, 'all' | 'first'>> = { 'interrupt-parent': 'all', clocks: 'all', cpu: 'all', gpios: 'first' };

export type FlatTree = Record<string, Record<string, string>>;

/** Each node's properties by the node's path; `tree` is a parsed blob. Phandles themselves are left out. */
export function flatten(tree: FdtNode): FlatTree {
  const paths = new Map<string, string>();
  walk(tree, '/', (path, node) => {
    const { phandle } = node;
    if (phandle instanceof Uint8Array) paths.set(hex(phandle), path);
  });
  const flat: FlatTree = {};
  walk(tree, '/', (path, node) => {
    const properties: Record<string, string> = {};
    for (const [name, value] of Object.entries(node)) {
      if (isFdtNode(value) || name === 'phandle' || !(value instanceof Uint8Array)) continue;
      const cells = hex(value).match(/.{8}/g) ?? [];
      const kind = references[name];
      properties[name] = kind
        ? cells.map((cell, i) => (kind === 'all' || i === 0 ? (paths.get(cell) ?? 'nowhere') : cell)).join(' ')
        : text(value);
    }
    flat[path] = properties;
  });
  return flat;
}

function walk(node: FdtNode, path: string, visit: (path: string, node: FdtNode) => void): void {
  visit(path, node);
  for (const [name, value] of Object.entries(node)) if (isFdtNode(value)) walk(value, `${path === '/' ? '' : path}/${name}`, visit);
}

const hex = (bytes: Uint8Array): string => [...bytes].map(b => b.toString(16).padStart(2, '0')).join('');

/** A string list as text, anything else in hex. */
function text(bytes: Uint8Array): string {
  const printable = bytes.length > 1 && bytes.at(-1) === 0 && bytes[0] !== 0 && bytes.every(b => b === 0 || (b >= 0x20 && b < 0x7f));
  return printable ? new TextDecoder().decode(bytes.subarray(0, -1)).replaceAll('\0', '|') : hex(bytes);
}
