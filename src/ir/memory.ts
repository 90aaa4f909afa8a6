/** Accesses to guest memory as nodes: what they are like, in a descriptor, and the order of their bytes. */
import type { Access, AtomicOp } from '../isa/builder.ts';
import { I64, V128 } from '../wasm/opcodes.ts';
import { NONE } from './graph.ts';
import {
  ACCESS_ATOMIC, ACCESS_CAS, ACCESS_FAULTS_AS_WRITE, ACCESS_MASKED, ACCESS_NOT_DEVICE, ACCESS_ORDERED, ACCESS_PAIR, ACCESS_READABLE, ACCESS_UNPRIVILEGED,
  ACCESS_WITHIN_16, ACCESS_WRITE, pseudo,
} from './ops.ts';
import type { Tally } from './tally.ts';
import { type Node, Values } from './values.ts';

export abstract class MemoryValues extends Values {
  /** Number in the unit of the instruction that is being recorded. */
  index = 0;
  /** Where what instructions do is noted; nothing is where it isn't asked for. */
  tally: Tally | undefined;
  /** Of data accesses that say nothing else. */
  protected bigEndianData = false;
  protected alignedData = false;

  /** The site of something that may leave or not. */
  protected abstract accessSite(): number;

  protected argument(slot: number, value: Node): void { this.g.node(pseudo.argument, this.g.type[value]!, value, NONE, NONE, slot); }

  private descriptor(bytes: number, access: Access | undefined, flags = 0): number {
    this.tally?.access(this.index, flags);
    return this.described(bytes, access, flags);
  }

  private described(bytes: number, access: Access | undefined, flags: number): number {
    const align = access?.align ?? (this.alignedData ? access?.element ?? bytes : 1);
    const more = access === undefined ? 0
      : (access.unprivileged ? ACCESS_UNPRIVILEGED : 0) | (access.within && !this.alignedData ? ACCESS_WITHIN_16 : 0)
        | (access.faultsAsWrite ? ACCESS_FAULTS_AS_WRITE : 0) | (access.notDevice ? ACCESS_NOT_DEVICE : 0) | (access.ordered ? ACCESS_ORDERED : 0) | ((access.element ?? 0) << 16);
    return bytes | ((31 - Math.clz32(align)) << 7) | flags | more;
  }

  /** The value as it stands in memory for this access. */
  private ordered(value: Node, bytes: number, access: Access | undefined): Node {
    return (access?.bigEndian ?? this.bigEndianData) && bytes > 1 ? this.shrU(this.bswap(value), this.i32(64 - bytes * 8)) : value;
  }

  private orderedV(value: Node, bytes: number, access: Access | undefined): Node {
    if (access?.element !== undefined) return this.orderedElements(value, bytes, access);
    if (!(access?.bigEndian ?? this.bigEndianData)) return value;
    return this.vshuffle(value, this.v128(0n), Array.from({ length: 16 }, (_, i) => (i < bytes ? bytes - 1 - i : 16)));
  }

  private orderedElements(value: Node, bytes: number, access: Access): Node {
    const { element = bytes, bigEndian = this.bigEndianData } = access;
    return bigEndian && element > 1 ? this.vshuffle(value, value, Array.from({ length: 16 }, (_, i) => i ^ (element - 1))) : value;
  }

  load(address: Node, bytes: number, access?: Access): Node {
    const node = this.g.node(pseudo.load, I64, address, NONE, NONE, this.descriptor(bytes, access), this.accessSite());
    return this.ordered(node, bytes, access);
  }
  store(address: Node, value: Node, bytes: number, access?: Access): void {
    const data = this.ordered(this.extU(value), bytes, access);
    this.g.node(pseudo.store, I64, address, data, NONE, this.descriptor(bytes, access, ACCESS_WRITE), this.accessSite());
  }
  loadV(address: Node, bytes: number, access?: Access): Node {
    if (bytes < 4) return this.vset(64, this.v128(0n), 0, this.load(address, bytes, access));
    return this.orderedV(this.g.node(pseudo.load, V128, address, NONE, NONE, this.descriptor(bytes, access), this.accessSite()), bytes, access);
  }
  storeV(address: Node, value: Node, bytes: number, access?: Access): void {
    if (bytes < 8) { this.store(address, this.vget(64, value, 0), bytes, access); return; }
    this.g.node(pseudo.store, V128, address, this.orderedV(value, bytes, access), NONE, this.descriptor(bytes, access, ACCESS_WRITE), this.accessSite());
  }
  loadPair(address: Node, bytes: number, access?: Access): [Node, Node] {
    const { g } = this;
    const first = g.node(pseudo.loadPair, I64, address, NONE, NONE, this.descriptor(bytes, access, ACCESS_PAIR), this.accessSite());
    const second = g.node(pseudo.second, I64, first);
    return [this.ordered(first, bytes, access), this.ordered(second, bytes, access)];
  }
  storePair(address: Node, first: Node, second: Node, bytes: number, access?: Access): void {
    const d = this.descriptor(bytes, access, ACCESS_PAIR | ACCESS_WRITE);
    this.g.node(pseudo.storePair, I64, address, this.ordered(first, bytes, access), this.ordered(second, bytes, access), d, this.accessSite());
  }
  loadMasked(address: Node, mask: Node, bytes: number, access: Access): Node {
    const d = this.descriptor(bytes, access, ACCESS_MASKED);
    return this.orderedElements(this.g.node(pseudo.loadMasked, V128, address, mask, NONE, d, this.accessSite()), bytes, access);
  }
  storeMasked(address: Node, value: Node, mask: Node, bytes: number, access: Access): void {
    const d = this.descriptor(bytes, access, ACCESS_MASKED | ACCESS_WRITE);
    this.g.node(pseudo.storeMasked, V128, address, this.orderedElements(value, bytes, access), mask, d, this.accessSite());
  }
  readable(address: Node, bytes: number, access?: Access): Node {
    return this.g.node(pseudo.readable, V128, address, NONE, NONE, this.described(bytes, access, ACCESS_READABLE), NONE);
  }
  atomic(o: AtomicOp, address: Node, value: Node, bytes: number, access?: Access): Node {
    const which = this.atomicNumber(o);
    const d = this.descriptor(bytes, access, ACCESS_WRITE | ACCESS_ATOMIC) | (which << 16);
    return this.g.node(pseudo.atomic, I64, address, value, NONE, d, this.accessSite());
  }
  compareAndSwap(address: Node, expected: Node, replacement: Node, bytes: number, access?: Access): Node {
    const order = (value: Node): Node => this.ordered(value, bytes, access);
    const d = this.descriptor(bytes, access, ACCESS_WRITE | ACCESS_CAS);
    return order(this.g.node(pseudo.compareAndSwap, I64, address, order(expected), order(replacement), d, this.accessSite()));
  }
  compareAndSwapPair(address: Node, expected: [Node, Node], replacement: [Node, Node], bytes: number, access?: Access): [Node, Node] {
    const { g } = this;
    const order = (value: Node): Node => this.ordered(value, bytes, access);
    [...expected, ...replacement].forEach((value, i) => { this.argument(i, order(value)); });
    const first = g.node(pseudo.compareAndSwapPair, I64, address, NONE, NONE, this.descriptor(bytes, access, ACCESS_WRITE | ACCESS_CAS | ACCESS_PAIR), this.accessSite());
    const second = g.node(pseudo.second, I64, first);
    return [order(first), order(second)];
  }
}
