/**
 * Flattened device trees, version 17 (Devicetree Specification v0.4, chapter 5): plain objects to a blob and back.
 */
import { isFdtNode, type FdtNode, type FdtValue } from '../base/devicetree.ts';
import { TesseraError } from '../base/errors.ts';

const MAGIC = 0xd00d_feed;
const VERSION = 17;
const LAST_COMPATIBLE = 16;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROP = 3;
const NOP = 4;
const END = 9;
const HEADER = 40;
/** Linux's parser gives up at 64 levels; nobody's tree is deeper. */
const MAX_DEPTH = 64;

export function encodeValue(value: FdtValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value === true) return new Uint8Array();
  if (typeof value === 'string') return strings([value]);
  if (typeof value === 'number') return cells([value]);
  if (typeof value === 'bigint') return cells([Number(value >> 32n), Number(value & 0xffff_ffffn)]);
  return value.every(v => typeof v === 'string') ? strings(value) : cells(value as readonly number[]);
}

const strings = (list: readonly string[]): Uint8Array => new TextEncoder().encode(list.map(s => `${s}\0`).join(''));

function cells(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value);
  });
  return bytes;
}

/** The blob of `root`, which is the unnamed root node. */
export function buildFdt(root: FdtNode): Uint8Array {
  const structure = new Writer();
  const names = new Writer();
  const nameOffsets = new Map<string, number>();
  const offsetOf = (name: string): number => {
    let offset = nameOffsets.get(name);
    if (offset === undefined) {
      offset = names.length;
      nameOffsets.set(name, offset);
      names.bytes(strings([name]));
    }
    return offset;
  };
  const write = (name: string, node: FdtNode): void => {
    structure
      .u32(BEGIN_NODE)
      .bytes(strings([name]))
      .align(4);
    const entries = Object.entries(node);
    // All properties of a node come before its child nodes (5.4.2).
    for (const [key, value] of entries) {
      if (isFdtNode(value)) continue;
      const data = encodeValue(value);
      structure.u32(PROP).u32(data.length).u32(offsetOf(key)).bytes(data).align(4);
    }
    for (const [key, value] of entries) if (isFdtNode(value)) write(key, value);
    structure.u32(END_NODE);
  };
  write('', root);
  structure.u32(END);

  const reservations = 16; // the list's terminator alone
  const structureAt = HEADER + reservations;
  const namesAt = structureAt + structure.length;
  const total = Math.ceil((namesAt + names.length) / 8) * 8;
  const blob = new Writer();
  for (const word of [MAGIC, total, structureAt, namesAt, HEADER, VERSION, LAST_COMPATIBLE, 0, names.length, structure.length])
    blob.u32(word);
  blob.bytes(new Uint8Array(reservations)).bytes(structure.result()).bytes(names.result()).align(8);
  return blob.result();
}

class Writer {
  private data = new Uint8Array(4096);
  length = 0;

  u32(value: number): this {
    return this.bytes(cells([value]));
  }

  bytes(bytes: Uint8Array): this {
    if (this.length + bytes.length > this.data.length) {
      const larger = new Uint8Array(2 * (this.length + bytes.length));
      larger.set(this.data);
      this.data = larger;
    }
    this.data.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  align(to: number): this {
    return this.bytes(new Uint8Array((to - (this.length % to)) % to));
  }
  result(): Uint8Array {
    return this.data.slice(0, this.length);
  }
}

/** The tree in a blob; every property is its bytes. Throws TesseraError for anything that isn't a sound blob. */
export function parseFdt(blob: Uint8Array): FdtNode {
  const bad = (why: string): never => {
    throw new TesseraError(`this is not a usable device tree: ${why}`);
  };
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.length < HEADER || view.getUint32(0) !== MAGIC) bad('it does not start with the magic number of a compiled one (.dtb)');
  const total = view.getUint32(4),
    structureAt = view.getUint32(8),
    namesAt = view.getUint32(12);
  if (view.getUint32(24) > VERSION || view.getUint32(20) < LAST_COMPATIBLE) bad(`version ${view.getUint32(20)} is not supported`);
  if (total > blob.length) bad(`its header promises ${total} bytes, but there are ${blob.length}`);
  const namesEnd = namesAt + view.getUint32(32);
  const structureEnd = view.getUint32(20) >= 17 ? structureAt + view.getUint32(36) : total;
  if (namesEnd > total || structureEnd > total || structureAt % 4 !== 0) bad('its parts lie outside it');

  let at = structureAt;
  const u32 = (): number => {
    if (at + 4 > structureEnd) bad('it ends too early');
    at += 4;
    return view.getUint32(at - 4);
  };
  const text = (from: number, limit: number): string => {
    const end = from < limit ? blob.subarray(0, limit).indexOf(0, from) : -1;
    if (end < 0) bad('a name in it has no end');
    return new TextDecoder().decode(blob.slice(from, end));
  };
  const readNode = (depth: number): FdtNode => {
    if (depth > MAX_DEPTH) bad(`its nodes are nested deeper than ${MAX_DEPTH}`);
    // No prototype: a property may have any name.
    const node: Record<string, FdtValue | FdtNode> = Object.create(null) as Record<string, FdtValue | FdtNode>;
    for (;;) {
      const token = u32();
      if (token === END_NODE) return node;
      if (token === NOP) continue;
      if (token === PROP) {
        const length = u32(),
          nameAt = namesAt + u32();
        if (at + length > structureEnd) bad('a property in it is too long');
        node[text(nameAt, namesEnd)] = blob.slice(at, at + length);
        at += (length + 3) & ~3;
      } else if (token === BEGIN_NODE) {
        const name = text(at, structureEnd);
        at += (new TextEncoder().encode(name).length + 4) & ~3;
        node[name] = readNode(depth + 1);
      } else bad(`there is an unknown token ${token} in it`);
    }
  };
  let token = u32();
  while (token === NOP) token = u32();
  if (token !== BEGIN_NODE || text(at, structureEnd) !== '') bad('it has no root node');
  at += 4;
  return readNode(0);
}

/** `base` with the properties and nodes of `over` put over it, deeply. */
export function mergeFdt(base: FdtNode, over: FdtNode): FdtNode {
  const merged: Record<string, FdtValue | FdtNode> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const old = merged[name];
    merged[name] = isFdtNode(value) && old !== undefined && isFdtNode(old) ? mergeFdt(old, value) : value;
  }
  return merged;
}
