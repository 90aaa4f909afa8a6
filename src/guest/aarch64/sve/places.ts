/** Bytes and elements of a vector at places that only a run knows (DDI 0487, J1: LastActiveElement and the like). */
import type { Builder, I32, I64, Lane, V128 } from '../../../isa/builder.ts';
import { lowBytes } from '../pseudocode.ts';
import { elementsOf } from './predicate.ts';

const NUMBERS = 0x0f0e0d0c_0b0a0908_07060504_03020100n;

/** The numbers of 16 bytes from `first` on, for a swizzle. Below 0 and above 15 there is none: it gives 0. */
export const bytesFrom = (b: Builder, first: I32): V128 => b.vadd(8, b.vsplat(8, b.extU(first)), b.v128(NUMBERS));

/** The numbers of an element's bytes, as a lane of a swizzle. */
export function bytesOfElement(bits: number, index: number): bigint {
  let bytes = 0n;
  for (let i = 0; i < bits / 8; i++) bytes |= BigInt(index * (bits / 8) + i) << BigInt(8 * i);
  return bytes;
}

/** Every lane is the element with those bytes. */
export const inEveryLane = (b: Builder, lane: Lane, x: V128, bytes: I64): V128 => b.vswizzle(x, b.vsplat(lane, bytes));

/** All ones in the bytes below number `count`, 0..16. */
export const bytesBelow = (b: Builder, count: I32): V128 => b.vgtU(8, b.vsplat(8, b.extU(count)), b.v128(NUMBERS));

/** The byte number of the last active element, -1 where none is. */
export const lastActive = (b: Builder, esize: Lane, p: I32): I32 => b.sub(b.i32(31), b.clz(elementsOf(b, esize, p)));

/** Where LASTB's element is: the last active one, or the last of all. */
export const placeOfLast = (b: Builder, esize: Lane, p: I32): I32 => b.and(lastActive(b, esize, p), b.i32(16 - esize / 8));
/** Where LASTA's element is: the one after that, or the first. */
export const placeAfterLast = (b: Builder, esize: Lane, p: I32): I32 =>
  b.and(b.add(lastActive(b, esize, p), b.i32(esize / 8)), b.i32(16 - esize / 8));

/** The element at a byte number, alone. */
export const elementAt = (b: Builder, esize: Lane, x: V128, place: I32): V128 =>
  lowBytes(b, b.vswizzle(x, bytesFrom(b, place)), (esize / 8) as 1 | 2 | 4 | 8);

/** The lowest element, as an integer. */
export const lowest = (b: Builder, esize: Lane, x: V128): I64 => b.vget(esize, x, 0);
