/**
 * Shifts and modified immediates of AArch32 with their carry-out (ARM DDI 0487, F1.7 and F2.2: Shift_C, DecodeImmShift,
 * A32ExpandImm_C, T32ExpandImm_C). Types are 0 LSL, 1 LSR, 2 ASR, 3 ROR.
 */
import type { Builder, I32, Operand } from '../../../isa/builder.ts';
import { carryFlag } from './pseudocode.ts';

/** A shifted value and the shifter's carry-out, 0 or 1, which few ask for. */
export type Shifted = readonly [value: I32, carry: () => I32];

const bit = (b: Builder, x: I32, n: I32): I32 => b.and(b.shrU(x, n), b.i32(1));

/** By a 5-bit amount as it is encoded (DecodeImmShift): 0 is 32 for LSR and ASR, and RRX for ROR. */
export function shiftByImmediate(b: Builder, x: I32, type: number, imm5: Operand): Shifted {
  const n = b.operand(imm5);
  const none = b.eqz(n);
  // (n - 1) modulo 32 is 31 where n is 0, which stands for 32; and 32 - n is -n modulo 32.
  const last = (): I32 => bit(b, x, b.sub(n, b.i32(1)));
  switch (type) {
    case 0: return [b.shl(x, n), () => b.select(none, carryFlag(b), bit(b, x, b.neg(n)))];
    case 1: return [b.select(none, b.i32(0), b.shrU(x, n)), last];
    case 2: return [b.shrS(x, b.select(none, b.i32(31), n)), last];
    default: {
      const extended = b.or(b.shrU(x, b.i32(1)), b.shl(carryFlag(b), b.i32(31)));
      return [b.select(none, extended, b.rotr(x, n)), () => b.select(none, b.and(x, b.i32(1)), last())];
    }
  }
}

/** By the low byte of a register: amounts of 32 and more shift everything out, 0 leaves the carry. */
export function shiftByRegister(b: Builder, x: I32, type: number, register: I32): Shifted {
  const n = b.and(register, b.i32(0xff));
  const carryOr = (out: () => I32) => (): I32 => b.select(b.eqz(n), carryFlag(b), out());
  if (type === 3) {
    const rotated = b.rotr(x, n);
    return [rotated, carryOr(() => b.shrU(rotated, b.i32(31)))];
  }
  // With 64 bits the carry is the neighbour of the result; by 33 it and all of the result are as by anything more.
  const by = b.select(b.ltU(n, b.i32(33)), n, b.i32(33));
  if (type === 0) {
    const shifted = b.shl(b.extU(x), by);
    return [b.wrap(shifted), carryOr(() => b.and(b.wrap(b.shrU(shifted, b.i32(32))), b.i32(1)))];
  }
  const doubled = b.shl(type === 2 ? b.extS(x) : b.extU(x), b.i32(1));
  const shifted = type === 2 ? b.shrS(doubled, by) : b.shrU(doubled, by);
  return [b.wrap(b.shrU(shifted, b.i32(1))), carryOr(() => b.and(b.wrap(shifted), b.i32(1)))];
}

const rotateRight = (x: number, by: number): number => (by === 0 ? x : ((x >>> by) | (x << (32 - by))) | 0);

/** A32's modified immediate, signed. */
export const A32ExpandImm = (imm12: number): number => rotateRight(imm12 & 0xff, (imm12 >>> 8) * 2);
/** T32's, signed. CONSTRAINED UNPREDICTABLE: a byte of 0 that is repeated is 0. */
export function T32ExpandImm(imm12: number): number {
  const byte = imm12 & 0xff;
  switch (imm12 >>> 8) {
    case 0: return byte;
    case 1: return byte * 0x0001_0001;
    case 2: return (byte * 0x0100_0100) | 0;
    case 3: return (byte * 0x0101_0101) | 0;
    default: return rotateRight(0x80 | byte, imm12 >>> 7);
  }
}

/** What a modified immediate is to `exec`: its value, and whether it was rotated. */
export const modifiedA32 = (imm12: number): { imm32: number; rotated: number } => ({ imm32: A32ExpandImm(imm12), rotated: imm12 < 0x100 ? 0 : 1 });
export const modifiedT32 = (imm12: number): { imm32: number; rotated: number } => ({ imm32: T32ExpandImm(imm12), rotated: imm12 < 0x400 ? 0 : 1 });

/** The carry-out of an immediate: its top bit where it was rotated. */
export function expanded(b: Builder, imm32: Operand, rotated: Operand): Shifted {
  const value = b.operand(imm32);
  return [value, () => b.select(b.operand(rotated), b.shrU(value, b.i32(31)), carryFlag(b))];
}

/** A second operand that no shifter sees: the carry stays. */
export const unshifted = (b: Builder, value: I32): Shifted => [value, () => carryFlag(b)];
