/** The Power ISA's notation (Book I, 1.3.4) over a Builder: registers, condition fields, XER, effective addresses. */
import type { Builder, I32, I64, Int, Operand } from '../../isa/builder.ts';
import { BLOCK128, LE, SF, V3_0 } from './mode.ts';
import { fields, ZERO } from './state.ts';

/** Fixed bits in the pattern of a family of entries: the type comes from the pattern's fields only. */
export const fixed = (value: number, width: number): '0' => value.toString(2).padStart(width, '0') as '0';

export const GPR = (b: Builder, r: Operand): I64 => b.getAt(fields.gpr, b.operand(r));
export const setGPR = (b: Builder, r: Operand, value: I64): void => b.setAt(fields.gpr, b.operand(r), value);
/** The low word of a register. */
export const GPR32 = (b: Builder, r: Operand): I32 => b.wrap(GPR(b, r));

/** The slot of (RA|0), for `derive`. */
export const orZero = (RA: number): number => RA || ZERO;

/** Whether addresses, counts and the flags of results have 64 bits. */
export const is64 = (b: Builder): boolean => (b.mode & SF) !== 0;
export const isLittleEndian = (b: Builder): boolean => (b.mode & LE) !== 0;
export const cacheBlock = (b: Builder): number => (b.mode & BLOCK128 ? 128 : 32);
export const isV3_0 = (b: Builder): boolean => (b.mode & V3_0) !== 0;

/** A result as the current mode judges it: its low word in 32-bit mode. */
export const inMode = (b: Builder, x: I64): Int => (is64(b) ? x : b.wrap(x));

/** An effective address: 32-bit mode has no upper half (Book I, 1.10.3). */
export const address = (b: Builder, x: I64): I64 => (is64(b) ? x : b.and(x, b.i64(0xffff_ffff)));
/** EA of the D form: (RA|0) + displacement, and of the X form: (RA|0) + (RB). `A` is an `orZero`. */
export const EA = (b: Builder, A: Operand, displacement: Operand): I64 => address(b, b.add(GPR(b, A), b.extS(b.operand(displacement))));
export const EAx = (b: Builder, A: Operand, RB: Operand): I64 => address(b, b.add(GPR(b, A), GPR(b, RB)));

/** Bit `n` of the Condition Register: 0 or 1. */
export const CRBit = (b: Builder, n: I32): I32 => b.getAt(fields.cr, n);
/** The number of the first bit of a field. */
export const CRField = (b: Builder, BF: Operand): I32 => b.shl(b.operand(BF), b.i32(2));

/** Puts LT, GT, EQ and SO into the field whose first bit is `first`. */
export function setCRField(b: Builder, first: I32, lt: I32, gt: I32, eq: I32, so: I32 = b.get(fields.SO)): void {
  [lt, gt, eq, so].forEach((bit, i) => { b.setAt(fields.cr, b.add(first, b.i32(i)), bit); });
}

/** CR0 of a result, as Rc asks for it. */
export function setCR0(b: Builder, result: I64): void {
  const x = inMode(b, result);
  const zero = b.sub<Int>(x, x);
  setCRField(b, b.i32(0), b.ltS<Int>(x, zero), b.ltS<Int>(zero, x), b.eqz(x));
}

/** Writes RT or RA, and CR0 where Rc is 1. */
export function setResult(b: Builder, r: Operand, result: I64, Rc: number): void {
  setGPR(b, r, result);
  if (Rc) setCR0(b, result);
}

export function setOverflow(b: Builder, OV: I32, OV32: I32): void {
  b.set(fields.OV, OV);
  b.set(fields.OV32, OV32);
  b.set(fields.SO, b.or(b.get(fields.SO), OV));
}

/** Bit `n` of x, counted from the least significant. */
export const bit = (b: Builder, x: I64, n: number): I32 => b.and(b.wrap(b.shrU(x, b.i32(n))), b.i32(1));

/** Signed overflow of sum = x + y (+ 1), of 64 and of 32 bits. */
export function overflows(b: Builder, x: I64, y: I64, sum: I64): readonly [I32, I32] {
  const bits = b.and(b.xor(x, sum), b.xor(y, sum));
  return [bit(b, bits, 63), bit(b, bits, 31)];
}

/** The same for the carry out: the majority of the operands' top bits and of the complement of the sum's. */
export function carries(b: Builder, x: I64, y: I64, sum: I64): readonly [I32, I32] {
  const bits = b.or(b.and(x, y), b.and(b.or(x, y), b.not(sum)));
  return [bit(b, bits, 63), bit(b, bits, 31)];
}

export const setCA = (b: Builder, CA: I32): void => {
  b.set(fields.CA, CA);
  b.set(fields.CA32, CA);
};
