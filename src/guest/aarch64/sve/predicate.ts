/**
 * Predicates of vectors of 128 bits: bit i of 16 governs byte i, and of an element of `esize` bits the lowest of its bits
 * counts (DDI 0487, B1.2.2; ElemP, ActivePredicateElement and PredTest of J1).
 */
import type { Builder, I32, Lane, Operand, V128 } from '../../../isa/builder.ts';
import { FFR, fields } from '../state.ts';

/** The bits of 16 that count for elements of each size. */
const counting: Readonly<Record<Lane, number>> = { 8: 0xffff, 16: 0x5555, 32: 0x1111, 64: 0x0101 };
/** Of each element its bit among those of its own lane of a splatted predicate. */
const places: Readonly<Record<Lane, bigint>> = {
  8: 0x80402010_08040201_80402010_08040201n,
  16: 0x4000_1000_0400_0100_0040_0010_0004_0001n,
  32: 0x00001000_00000100_00000010_00000001n,
  64: 0x0000000000000100_0000000000000001n,
};
/** The predicate's low byte in bytes 0 to 7, its high byte in the others. */
const BYTES_BY_HALF = 0x01010101_01010101_00000000_00000000n;

/** P[r], 16 bits. */
export const P = (b: Builder, r: Operand): I32 => b.getAt(fields.p, b.operand(r));
/** Writes P[r]; `value` has no more than 16 bits. */
export const setP = (b: Builder, r: Operand, value: I32): void => b.setAt(fields.p, b.operand(r), value);
export const readFFR = (b: Builder): I32 => b.getAt(fields.p, b.i32(FFR));
export const writeFFR = (b: Builder, value: I32): void => b.setAt(fields.p, b.i32(FFR), value);

/** The predicate in which all is active. */
export const ALL = (b: Builder): I32 => b.i32(0xffff);

/** The bits of `p` that count, alone. */
export const elementsOf = (b: Builder, esize: Lane, p: I32): I32 => (esize === 8 ? p : b.and(p, b.i32(counting[esize])));

/** Lanes of all ones where the element is active. */
export function maskOf(b: Builder, esize: Lane, p: I32): V128 {
  const wide = b.vsplat(esize === 8 ? 16 : esize, b.extU(p));
  const bits = b.v128(places[esize]);
  return b.veq(esize, b.vand(esize === 8 ? b.vswizzle(wide, b.v128(BYTES_BY_HALF)) : wide, bits), bits);
}

/** The predicate with the lowest bit of each element whose lane of `mask` is all ones; the others are zero. */
export const predicateOf = (b: Builder, esize: Lane, mask: V128): I32 => elementsOf(b, esize, b.vbitmask(8, mask));

/** `x` where the element is active, `old` elsewhere. */
export const merged = (b: Builder, esize: Lane, p: I32, x: V128, old: V128): V128 => b.vselect(maskOf(b, esize, p), x, old);
/** `x` where the element is active, zero elsewhere. */
export const zeroed = (b: Builder, esize: Lane, p: I32, x: V128): V128 => b.vand(maskOf(b, esize, p), x);

/** The lowest bit that is set; 0 of 0. */
export const lowest = (b: Builder, p: I32): I32 => b.and(p, b.neg(p));
/** LastActive: 1 where the last element that is active is true. */
export const LastActive = (b: Builder, active: I32, result: I32): I32 =>
  b.ltU(b.and(active, b.not(result)), b.and(active, result));

/** NZCV: N the first active element is true, Z none is, C the last one isn't, V 0. */
export function PredTest(b: Builder, esize: Lane, governing: I32, result: I32): I32 {
  const active = elementsOf(b, esize, governing);
  const yes = b.and(active, result);
  const N = b.ne(b.and(yes, lowest(b, active)), b.i32(0));
  const C = b.eqz(LastActive(b, active, result));
  return b.or(b.shl(N, b.i32(31)), b.or(b.shl(b.eqz(yes), b.i32(30)), b.shl(C, b.i32(29))));
}
