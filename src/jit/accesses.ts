/**
 * Guest memory in generated code: the TLB's check and the access inline, everything else (misses, unaligned accesses
 * across pages, devices, pages that hold translated code) through an import, which may ask to leave.
 */
import {
  ACCESS_BITS, ACCESS_CAS, ACCESS_ORDERED, ACCESS_PAIR, ACCESS_UNPRIVILEGED, ACCESS_WITHIN_16, ACCESS_WRITE, accessAlign, accessAtomicOp, accessBytes,
  atomicOps, isAccess, pseudo,
} from '../ir/ops.ts';
import type { Part } from '../wasm/code.ts';
import { atomic, I32, I64, op, simd, V128, VOID } from '../wasm/opcodes.ts';
import { PAGE, TLB_ENTRIES, TLB_ENTRY_BYTES, tlbEntry } from './abi.ts';
import { Emitter } from './emitter.ts';
import { prelude } from './prelude.ts';

type Size = 1 | 2 | 4 | 8;

/** Parts of an access that are the same bytes for the same descriptor, as long as the locals keep their numbers. */
const part = { load: 0, loadEnd: 1, store: 2, storeSlow: 3 } as const;
const PARTS = 4;

export abstract class AccessEmitter extends Emitter {
  private va = -1;
  protected entry = -1;
  private tlb = -1;
  private tlbUnprivileged = -1;
  /** Emitted parts of units, whose locals always have the same numbers: by descriptor, part and type. */
  private readonly known = new Map<number, Part>();
  private fixed = false;

  /** Writes state back and returns; the event is with the CPU. */
  protected abstract leaveRaised(site: number): void;

  /** Comes before any other local is made. `unit`: the TLB's addresses stay in locals. */
  protected startAccesses(unit: boolean): void {
    const { g } = this;
    this.va = this.entry = this.tlb = this.tlbUnprivileged = -1;
    this.fixed = unit;
    let privileged = false;
    let unprivileged = false;
    for (let n = 0; n < g.count; n++) {
      const o = g.op[n]!;
      if (!isAccess(o)) continue;
      if (g.lo[n]! & ACCESS_UNPRIVILEGED) unprivileged = true;
      else privileged = true;
    }
    if (!privileged && !unprivileged) return;
    this.va = this.newLocal(I64);
    this.entry = this.newLocal(I32);
    if (!unit) return;
    this.tlb = this.newLocal(I32);
    this.tlbUnprivileged = this.newLocal(I32);
    if (privileged) this.loadTable(this.tlb, this.at.tlb);
    if (unprivileged) this.loadTable(this.tlbUnprivileged, this.at.tlbUnprivileged);
  }

  private loadTable(l: number, offset: number): void {
    this.cpu();
    this.memory(op.i32Load, offset);
    this.setLocal(l);
  }

  private table(unprivileged: boolean): void {
    const l = unprivileged ? this.tlbUnprivileged : this.tlb;
    if (l >= 0) { this.getLocal(l); return; }
    this.cpu();
    this.memory(op.i32Load, unprivileged ? this.at.tlbUnprivileged : this.at.tlb);
  }

  /** Emits what `emit` does, or the same bytes again. */
  private again(which: number, d: number, type: number, emit: () => void): void {
    const key = ((d & ACCESS_BITS) * PARTS + which) * 128 + type;
    const known = this.fixed ? this.known.get(key) : undefined;
    if (known !== undefined) { this.code.again(known); return; }
    const from = this.code.length;
    emit();
    if (this.fixed) this.known.set(key, this.code.since(from));
  }

  /**
   * Pops the address and pushes whether the entry for it matches. An access that crosses its page does not match: the
   * address of its last byte, or of the last part that has to be aligned, is compared with the page of its first; where
   * alignment is demanded the low bits are compared too.
   */
  protected probe(d: number): void {
    const bytes = accessBytes(d) * (d & ACCESS_PAIR ? 2 : 1);
    const align = accessAlign(d);
    this.teeLocal(this.va);
    this.constI64(12 - Math.log2(TLB_ENTRY_BYTES), 0);
    this.op(op.i64ShrU, op.i32WrapI64);
    this.constI32((TLB_ENTRIES - 1) * TLB_ENTRY_BYTES);
    this.op(op.i32And);
    this.table((d & ACCESS_UNPRIVILEGED) !== 0);
    this.op(op.i32Add);
    this.teeLocal(this.entry);
    this.memory(op.i64Load, d & ACCESS_WRITE ? tlbEntry.writeTag : tlbEntry.readTag);
    this.getLocal(this.va);
    if (align < bytes) {
      this.constI64(bytes - align, 0);
      this.op(op.i64Add);
    }
    this.constI64(-PAGE | (align - 1), -1);
    this.op(op.i64And, op.i64Eq);
  }

  /** Pushes the arena address of the access that was probed. */
  protected hostAddress(): void {
    this.getLocal(this.entry);
    this.memory(op.i32Load, tlbEntry.addend);
    this.getLocal(this.va);
    this.op(op.i32WrapI64, op.i32Add);
  }

  /** Calls the import, and opens the `if` of what it asks to leave for. */
  protected slow(which: 'load' | 'store' | 'atomic', d: number): void {
    this.cpu();
    this.getLocal(this.va);
    this.constI32(d);
    this.code.withUleb(op.call, prelude[which]);
    this.unlikely();
    this.op(op.if, VOID);
  }

  protected result(type: number, slot = 0): void {
    this.cpu();
    this.loadTyped(type, this.at.result + 16 * slot);
  }

  protected argument(slot: number, type: number, value: number): void {
    this.cpu();
    this.value(value);
    this.storeTyped(type, this.at.arg + 16 * slot);
  }

  private elementLoad(type: number, bytes: number, offset: number): void {
    if (type === V128) {
      const n = bytes === 16 ? simd.load : bytes === 8 ? simd.load64Zero : simd.load32Zero;
      this.simdMemory(n, offset);
      return;
    }
    const opcode = { 1: op.i64Load8U, 2: op.i64Load16U, 4: op.i64Load32U, 8: op.i64Load }[bytes as Size];
    this.memory(opcode, offset);
  }

  /** The access that was probed, which is aligned where `d` demands it. */
  private orderedLoad(type: number, d: number): void {
    const bytes = accessBytes(d);
    const whole = type !== V128 && accessAlign(d) >= bytes;
    if (!this.isOrdered(d) || !whole) this.elementLoad(type, bytes, 0);
    else this.atomicAccess(atomic.load[bytes as Size], bytes);
    if (this.isOrdered(d) && !whole) this.fence();
  }

  private orderedStore(type: number, d: number): void {
    const bytes = accessBytes(d);
    const whole = type !== V128 && accessAlign(d) >= bytes;
    if (!this.isOrdered(d) || !whole) this.elementStore(type, bytes, 0);
    else this.atomicAccess(atomic.store[bytes as Size], bytes);
    if (this.isOrdered(d) && !whole) this.fence();
  }

  private isOrdered(d: number): boolean { return this.at.threads && (d & ACCESS_ORDERED) !== 0; }

  private atomicAccess(number: number, bytes: number): void { this.op(0xfe, number, Math.log2(bytes), 0); }

  /** Nothing, where nobody else looks. */
  protected fence(): void { if (this.at.threads) this.op(0xfe, atomic.fence, 0); }

  private elementStore(type: number, bytes: number, offset: number): void {
    if (type === V128) {
      if (bytes === 16) { this.simdMemory(simd.store, offset); return; }
      this.simdMemory(simd.store64Lane, offset);
      this.code.u8(0);
      return;
    }
    this.memory({ 1: op.i64Store8, 2: op.i64Store16, 4: op.i64Store32, 8: op.i64Store }[bytes as Size], offset);
  }

  protected load(n: number): void {
    const { g } = this;
    const d = g.lo[n]!;
    const type = g.type[n]!;
    this.value(g.a[n]!);
    this.again(part.load, d, type, () => {
      this.probe(d);
      this.likely();
      this.op(op.if, type);
      this.hostAddress();
      this.orderedLoad(type, d);
      this.op(op.else);
      this.slow('load', d);
    });
    this.leaveRaised(g.hi[n]!);
    this.again(part.loadEnd, 0, type, () => {
      this.op(op.end);
      this.result(type);
      this.op(op.end);
    });
    if (this.uses[n] === 0) this.op(op.drop);
    else this.define(n);
  }

  protected loadPair(n: number): void {
    const d = this.g.lo[n]!;
    this.value(this.g.a[n]!);
    this.probe(d);
    this.pairOrSlow(n, accessBytes(d), 'load', () => { if (this.isOrdered(d)) this.fence(); });
  }

  /**
   * The two elements of node n, into locals of it and of the node behind it: inline where the entry that was probed
   * matches, and then `after` with the arena address in `entry`; else through the import.
   */
  private pairOrSlow(n: number, bytes: number, which: 'load' | 'atomic', after: (first: number, second: number) => void): void {
    const first = (this.local[n] = this.newLocal(I64));
    const second = (this.local[n + 1] = this.newLocal(I64));
    this.likely();
    this.op(op.if, VOID);
    this.hostAddress();
    if (which === 'load' && this.isTogether(this.g.lo[n]!)) this.loadTogether(bytes, first, second);
    else {
      this.teeLocal(this.entry);
      this.elementLoad(I64, bytes, 0);
      this.setLocal(first);
      this.getLocal(this.entry);
      this.elementLoad(I64, bytes, bytes);
      this.setLocal(second);
    }
    after(first, second);
    this.op(op.else);
    this.slow(which, this.g.lo[n]!);
    this.leaveRaised(this.g.hi[n]!);
    this.op(op.end);
    this.result(I64);
    this.setLocal(first);
    this.result(I64, 1);
    this.setLocal(second);
    this.op(op.end);
  }

  /** A pair that other threads see as one: by one instruction of the host, which makes it one where it is aligned. */
  private isTogether(d: number): boolean { return this.at.threads && (d & ACCESS_WITHIN_16) !== 0; }

  /** Pops the arena address. */
  private loadTogether(bytes: number, first: number, second: number): void {
    if (bytes === 8) {
      const both = this.newLocal(V128);
      this.simdMemory(simd.load, 0);
      this.teeLocal(both);
      this.simdLane(simd.extractU[64], 0);
      this.setLocal(first);
      this.getLocal(both);
      this.simdLane(simd.extractU[64], 1);
    } else {
      this.memory(op.i64Load, 0);
      this.teeLocal(second);
      this.constI64(-1, 0);
      this.op(op.i64And);
      this.setLocal(first);
      this.getLocal(second);
      this.constI64(32, 0);
      this.op(op.i64ShrU);
    }
    this.setLocal(second);
  }

  /** Pops the arena address. */
  private storeTogether(bytes: number, first: number, second: number): void {
    this.value(first);
    if (bytes === 8) {
      this.simdLane(simd.splat[64]);
      this.value(second);
      this.simdLane(simd.replace[64], 1);
      this.simdMemory(simd.store, 0);
      return;
    }
    this.constI64(-1, 0);
    this.op(op.i64And);
    this.value(second);
    this.constI64(32, 0);
    this.op(op.i64Shl, op.i64Or);
    this.memory(op.i64Store, 0);
  }

  protected store(n: number): void {
    const { g } = this;
    const d = g.lo[n]!;
    const bytes = accessBytes(d);
    const pair = g.op[n] === pseudo.storePair;
    const together = pair && this.isTogether(d);
    const type = pair ? I64 : g.type[g.b[n]!]!;
    this.value(g.a[n]!);
    this.again(part.store, d, type, () => {
      this.probe(d);
      this.likely();
      this.op(op.if, VOID);
      if (this.isOrdered(d) && accessAlign(d) < accessBytes(d)) this.fence();
      this.hostAddress();
      if (pair && !together) this.teeLocal(this.entry);
    });
    if (together) this.storeTogether(bytes, g.b[n]!, g.c[n]!);
    else {
      this.value(g.b[n]!);
      if (pair) this.elementStore(type, bytes, 0);
      else this.orderedStore(type, d);
    }
    if (pair && !together) {
      this.getLocal(this.entry);
      this.value(g.c[n]!);
      this.elementStore(I64, bytes, bytes);
    }
    this.op(op.else);
    this.argument(0, type, g.b[n]!);
    if (pair) this.argument(1, I64, g.c[n]!);
    this.again(part.storeSlow, d, 0, () => this.slow('store', d));
    this.leaveRaised(g.hi[n]!);
    this.op(op.end, op.end);
  }

  /** Read-modify-write and compare-and-swap. The maxima and minima have no instruction: they always take the import. */
  protected atomic(n: number): void {
    const { g } = this;
    const d = g.lo[n]!;
    const bytes = accessBytes(d) as Size;
    const cas = (d & ACCESS_CAS) !== 0;
    const number = cas ? atomic.cmpxchg[bytes] : atomicNumber(accessAtomicOp(d), bytes);
    this.value(g.a[n]!);
    this.probe(d);
    if (number !== undefined) {
      this.likely();
      this.op(op.if, I64);
      this.hostAddress();
      this.value(g.b[n]!);
      if (cas) {
        if (bytes < 8) {
          this.constI64(bytes === 4 ? -1 : 2 ** (bytes * 8) - 1, 0);
          this.op(op.i64And);
        }
        this.value(g.c[n]!);
      }
      this.op(0xfe, number, Math.log2(bytes), 0);
      this.op(op.else);
    } else this.op(op.drop);
    this.argument(0, I64, g.b[n]!);
    if (cas) this.argument(1, I64, g.c[n]!);
    this.slow('atomic', d);
    this.leaveRaised(g.hi[n]!);
    this.op(op.end);
    this.result(I64);
    if (number !== undefined) this.op(op.end);
    if (this.uses[n] === 0) this.op(op.drop);
    else this.define(n);
  }

  /**
   * No instruction swaps 16 bytes at once: two loads, two comparisons, two stores. Nothing comes between them where one
   * thread runs all CPUs; else the slow path sees to that.
   */
  protected compareAndSwapPair(n: number): void {
    const d = this.g.lo[n]!;
    const bytes = accessBytes(d);
    if (this.at.threads) {
      this.slowPair(n, d);
      return;
    }
    const same = (slot: number, old: number): void => {
      this.cpu();
      this.elementLoad(I64, bytes, this.at.arg + 16 * slot);
      this.getLocal(old);
      this.op(op.i64Eq);
    };
    const put = (slot: number, offset: number): void => {
      this.getLocal(this.entry);
      this.cpu();
      this.memory(op.i64Load, this.at.arg + 16 * slot);
      this.elementStore(I64, bytes, offset);
    };
    this.value(this.g.a[n]!);
    this.probe(d);
    this.pairOrSlow(n, bytes, 'atomic', (first, second) => {
      same(0, first);
      same(1, second);
      this.op(op.i32And);
      this.ifThen(() => {
        put(2, 0);
        put(3, bytes);
      });
    });
  }

  private slowPair(n: number, d: number): void {
    const { g } = this;
    this.value(g.a[n]!);
    this.setLocal(this.va);
    this.slow('atomic', d);
    this.leaveRaised(g.hi[n]!);
    this.op(op.end);
    for (const slot of [0, 1]) {
      this.result(I64, slot);
      this.setLocal((this.local[n + slot] = this.newLocal(I64)));
    }
  }
}

function atomicNumber(which: number, bytes: Size): number | undefined {
  const name = atomicOps[which];
  switch (name) {
    case 'add': case 'and': case 'or': case 'xor': case 'swap': return atomic[name][bytes];
    default: return undefined;
  }
}

