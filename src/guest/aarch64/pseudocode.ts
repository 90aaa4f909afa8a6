/** The shared pseudocode of the Arm ARM (DDI 0487, J1) that instructions are written in, over a Builder. */
import type { Builder, I32, I64, Int, Operand, V128 } from '../../isa/builder.ts';
import { fields, SINK, SP, ZR } from './state.ts';

type Width = 32 | 64;
type IntOf<N extends Width> = N extends 64 ? I64 : I32;

/** X[r] or W[r], where 31 is the zero register. */
export function X<N extends Width>(b: Builder, r: Operand, n: N): IntOf<N> {
  const value = b.getAt(fields.x, b.operand(r));
  return (n === 64 ? value : b.wrap(value)) as IntOf<N>;
}

/** Writes X[r]; a 32-bit value is zero-extended; 31 discards it. */
export function setX(b: Builder, r: Operand, value: Int): void {
  b.setAt(fields.x, b.replaced(r, ZR, SINK), b.extU(value));
}

/** X[r], or the stack pointer where r is 31. */
export function XorSP(b: Builder, r: Operand): I64 {
  return b.getAt(fields.x, b.replaced(r, ZR, SP));
}

export function setXorSP(b: Builder, r: Operand, value: Int): void {
  b.setAt(fields.x, b.replaced(r, ZR, SP), b.extU(value));
}

export function V(b: Builder, r: Operand): V128 {
  return b.getAt(fields.v, b.operand(r));
}

/** Writes the whole register. */
export function setV(b: Builder, r: Operand, value: V128): void {
  b.setAt(fields.v, b.operand(r), value);
}

/** The low `bytes` of a vector, the rest zero: what a write of a B, H, S or D register leaves. */
export function lowBytes(b: Builder, value: V128, bytes: 1 | 2 | 4 | 8): V128 {
  return b.vand(value, b.v128((1n << BigInt(bytes * 8)) - 1n));
}

/** Writes V[r] as a vector of 64 (Q 0, top half zero) or 128 bits (Q 1). */
export function setVQ(b: Builder, r: Operand, Q: number, value: V128): void {
  setV(b, r, Q ? value : lowBytes(b, value, 8));
}

/** Result and NZCV of x + y, or of x - y where `subtract`. */
export function AddOrSub<T extends Int>(b: Builder, x: T, y: T, subtract: boolean): [result: T, nzcv: I32] {
  return subtract ? [b.sub(x, y), b.nzcvOfSub(x, y)] : [b.add(x, y), b.nzcvOfAdd(x, y)];
}

/** AddWithCarry: x + y + carry (0 or 1). */
export function AddWithCarry<T extends Int>(b: Builder, x: T, y: T, carry: I32): [result: T, nzcv: I32] {
  const wide = (b.width(x) === 64 ? b.extU(carry) : carry) as T;
  return [b.add(b.add(x, y), wide), b.nzcvOfAddCarry(x, y, carry)];
}

const CS = 2;

export const nzcv = (b: Builder): I32 => b.get(fields.nzcv);
export const setNZCV = (b: Builder, value: I32): void => b.set(fields.nzcv, value);
export const ConditionHolds = (b: Builder, cond: number): I32 => b.condition(cond, nzcv(b));
/** PSTATE.C as 0 or 1. */
export const carryFlag = (b: Builder): I32 => ConditionHolds(b, CS);

/** ShiftReg: 0 LSL, 1 LSR, 2 ASR, 3 ROR. */
export function shift<T extends Int>(b: Builder, x: T, type: number, amount: I32): T {
  switch (type) {
    case 0: return b.shl(x, amount);
    case 1: return b.shrU(x, amount);
    case 2: return b.shrS(x, amount);
    default: return b.rotr(x, amount);
  }
}

/** ExtendReg's extension: UXTB UXTH UXTW UXTX SXTB SXTH SXTW SXTX, of an X register's value. */
export function extend<N extends Width>(b: Builder, value: I64, option: number, n: N): IntOf<N> {
  const size = option & 3;
  const wide = extend64(b, value, size, option >= 4);
  return (n === 64 ? wide : b.wrap(wide)) as IntOf<N>;
}

function extend64(b: Builder, value: I64, size: number, signed: boolean): I64 {
  if (size === 3) return value;
  const from = (8 << size) as 8 | 16 | 32;
  return signed ? b.signExtend(value, from) : b.and(value, b.i64(2 ** from - 1));
}

/** An unsigned immediate (less than 2^31) as a value of n bits. */
export function immediate<N extends Width>(b: Builder, o: Operand, n: N): IntOf<N> {
  return (n === 64 ? b.extU(b.operand(o)) : b.operand(o)) as IntOf<N>;
}

/** A signed offset as 64 bits. */
export const signedOffset = (b: Builder, o: Operand): I64 => b.extS(b.operand(o));
