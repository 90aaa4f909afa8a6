/**
 * Accesses to some of several elements. A TLB entry stands for memory in which nothing is watched, and a load of more than was asked for
 * is not seen there: all is loaded at once, and what isn't wanted is masked out. Other threads may write what a store leaves alone,
 * so its elements are stored one by one unless it is all of them. Everything else goes element by element through the import.
 */
import { accessBytes, accessElement } from '../ir/ops.ts';
import { I32, op, simd, V128, VOID } from '../wasm/opcodes.ts';
import { AccessEmitter } from './accesses.ts';

/** Elements that are looked at together: four tests for a mask that is empty, and few for one that ends somewhere. */
const GROUP = 4;
/** Instructions that store a lane of so many bytes. */
const storeLane: Readonly<Record<number, number>> = { 1: simd.store8Lane, 2: simd.store16Lane, 4: simd.store32Lane, 8: simd.store64Lane };

export abstract class MaskedEmitter extends AccessEmitter {
  protected loadMasked(n: number): void {
    const { g } = this;
    const d = g.lo[n]!;
    this.value(g.a[n]!);
    this.probe(d);
    this.likely();
    this.op(op.if, V128);
    this.hostAddress();
    this.wholeLoad(accessBytes(d));
    this.value(g.b[n]!);
    this.simdLane(simd.and);
    this.op(op.else);
    this.argument(0, V128, g.b[n]!);
    this.slow('load', d);
    this.leaveRaised(g.hi[n]!);
    this.op(op.end);
    this.result(V128);
    this.op(op.end);
    this.defineOrDrop(n);
  }

  protected storeMasked(n: number): void {
    const { g } = this;
    const d = g.lo[n]!;
    const [value, mask] = [g.b[n]!, g.c[n]!];
    this.value(g.a[n]!);
    this.probe(d);
    this.likely();
    this.op(op.if, VOID);
    this.hostAddress();
    this.setLocal(this.entry);
    this.elements(value, mask, accessBytes(d), accessElement(d));
    this.op(op.else);
    this.argument(0, V128, value);
    this.argument(1, V128, mask);
    this.slow('store', d);
    this.leaveRaised(g.hi[n]!);
    this.op(op.end, op.end);
  }

  /** Nothing is left for here: the import only looks. */
  protected readable(n: number): void {
    const d = this.g.lo[n]!;
    this.value(this.g.a[n]!);
    this.probe(d);
    this.likely();
    this.op(op.if, V128);
    this.op(0xfd, simd.const);
    for (let i = 0; i < 16; i++) this.code.u8(i < accessBytes(d) ? 0xff : 0);
    this.op(op.else);
    this.slow('load', d);
    this.op(op.unreachable, op.end);
    this.result(V128);
    this.op(op.end);
    this.defineOrDrop(n);
  }

  /** Pops the arena address. What is above 8 bytes is anything, where there are no more. */
  private wholeLoad(bytes: number): void {
    if (bytes === 16) this.simdMemory(simd.load, 0);
    else if (bytes === 8) this.simdMemory(simd.load64Zero, 0);
    else if (bytes === 4) this.simdMemory(simd.load32Zero, 0);
    else {
      this.memory(bytes === 2 ? op.i64Load16U : op.i64Load8U, 0);
      this.simdLane(simd.splat[64]);
    }
  }

  /** Stores the masked elements to the arena address in `entry`: most masks are all of them, or begin or end somewhere. */
  private elements(value: number, mask: number, bytes: number, element: number): void {
    const wanted = this.newLocal(I32);
    const ofGroup = this.newLocal(I32);
    this.value(mask);
    this.simdLane(simd.bitmask[8]);
    this.teeLocal(wanted);
    this.constI32(2 ** bytes - 1);
    this.op(op.i32Eq, op.if, VOID);
    this.put(value, bytes, 0);
    this.op(op.else);
    const group = element * Math.min(GROUP, bytes / element);
    for (let at = 0; at < bytes; at += group) {
      this.getLocal(wanted);
      this.constI32((2 ** group - 1) << at);
      this.op(op.i32And);
      this.teeLocal(ofGroup);
      this.ifThen(() => { this.group(value, ofGroup, at, group, element); });
    }
    this.op(op.end);
  }

  /** Some of a group of elements, or all. */
  private group(value: number, wanted: number, at: number, bytes: number, element: number): void {
    const whole = storeLane[bytes] !== undefined;
    if (whole) {
      this.getLocal(wanted);
      this.constI32((2 ** bytes - 1) << at);
      this.op(op.i32Eq, op.if, VOID);
      this.put(value, bytes, at);
      this.op(op.else);
    }
    for (let from = at; from < at + bytes; from += element) {
      this.getLocal(wanted);
      this.constI32(1 << from);
      this.op(op.i32And);
      this.ifThen(() => { this.put(value, element, from); });
    }
    if (whole) this.op(op.end);
  }

  /** Bytes of a value, as far from the address in `entry` as they are in the value: a power of 2, and a multiple of it. */
  private put(value: number, bytes: number, at: number): void {
    this.getLocal(this.entry);
    this.value(value);
    if (bytes === 16) return this.simdMemory(simd.store, 0);
    this.simdMemory(storeLane[bytes]!, at);
    this.code.u8(at / bytes);
  }

  private defineOrDrop(n: number): void {
    if (this.uses[n] === 0) this.op(op.drop);
    else this.define(n);
  }
}
