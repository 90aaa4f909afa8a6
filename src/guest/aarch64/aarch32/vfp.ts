/**
 * The floating-point and SIMD registers of AArch32 (ARM DDI 0487, E1.3 and G1.7): Q0..Q15 are V0..V15, D0..D31 their halves, S0..S31
 * the quarters of the first eight. Operands are the numbers of D or S registers; Qn goes as D2n.
 */
import type { Builder, I32, I64, Lane, Operand, V128, Value } from '../../../isa/builder.ts';
import { fields } from '../state.ts';

/** What VMRS of FPSCR gives: FPCR and FPSR have no bit in common, and FPSR has N, Z, C and V. */
export const FPSCR = (b: Builder): I32 => b.or(b.get(fields.FPCR), b.get(fields.FPSR));
const FPSCR_NZCV = -0x1000_0000;
export function setFPSCR_NZCV(b: Builder, nzcv: I32): void {
  b.set(fields.FPSR, b.or(b.and(b.get(fields.FPSR), b.i32(~FPSCR_NZCV)), nzcv));
}

/** Byte numbers of a part of x, again and again; and of x with the lowest part of y in that place. */
const repeated = (bytes: number, n: number): number[] => Array.from({ length: 16 }, (_, i) => n * bytes + (i % bytes));
const replaced = (bytes: number, n: number): number[] =>
  Array.from({ length: 16 }, (_, i) => (Math.floor(i / bytes) === n ? 16 + (i % bytes) : i));

/** What `of` makes of the part of a vector that the low bits of the register's number choose. */
function choose<T extends Value>(b: Builder, r: I32, bits: number, of: (n: number) => T, n = 0): T {
  if (bits === 0) return of(n);
  const bit = b.and(b.shrU(r, b.i32(bits - 1)), b.i32(1));
  return b.select(bit, choose(b, r, bits - 1, of, 2 * n + 1), choose(b, r, bits - 1, of, 2 * n));
}

const around = (b: Builder, r: I32, bits: number): V128 => b.getAt(fields.v, b.shrU(r, b.i32(bits)));
const readPart = (b: Builder, r: I32, bits: number): V128 => {
  const v = around(b, r, bits);
  return choose(b, r, bits, n => b.vshuffle(v, v, repeated(16 >> bits, n)));
};
const writePart = (b: Builder, r: I32, bits: number, value: V128): void => {
  const v = around(b, r, bits);
  b.setAt(fields.v, b.shrU(r, b.i32(bits)), choose(b, r, bits, n => b.vshuffle(v, value, replaced(16 >> bits, n))));
};

/**
 * D[d], S[s] in all halves or quarters of a vector, and the lowest of a value into them. So what hosts have instructions for is enough, and
 * what depends on any lane of operands (FPSR.QC) depends on those that are meant.
 */
export const D = (b: Builder, d: Operand): V128 => readPart(b, b.operand(d), 1);
export const setD = (b: Builder, d: Operand, value: V128): void => writePart(b, b.operand(d), 1, value);
export const S = (b: Builder, s: Operand): V128 => readPart(b, b.operand(s), 2);
export const setS = (b: Builder, s: Operand, value: V128): void => writePart(b, b.operand(s), 2, value);

const log2 = { 8: 0, 16: 1, 32: 2, 64: 3 } as const;
/** The element of all registers as one row of elements, and a write of one. */
export const element = (b: Builder, lane: Lane, n: I32): I64 => {
  const v = around(b, n, 4 - log2[lane]);
  return choose(b, n, 4 - log2[lane], i => b.vget(lane, v, i));
};
export function setElement(b: Builder, lane: Lane, n: I32, value: I64): void {
  const bits = 4 - log2[lane];
  const v = around(b, n, bits);
  b.setAt(fields.v, b.shrU(n, b.i32(bits)), choose(b, n, bits, i => b.vset(lane, v, i, value)));
}

/** Q[d / 2] (Q 1), or D[d]. */
export const vector = (b: Builder, Q: number, d: Operand): V128 => (Q ? around(b, b.operand(d), 1) : D(b, d));
export function setVector(b: Builder, Q: number, d: Operand, value: V128): void {
  if (Q) b.setAt(fields.v, b.shrU(b.operand(d), b.i32(1)), value);
  else setD(b, d, value);
}
/** Q[q] by a number of its own. */
export const Qreg = (b: Builder, q: Operand): V128 => b.getAt(fields.v, b.operand(q));

/** The numbers as encodings have them: X:Vx of D registers, Vx:X of S registers. */
export const dOf = (X: number, Vx: number): number => (X << 4) | Vx;
export const sOf = (X: number, Vx: number): number => (Vx << 1) | X;

/** Spelt by the number of a D register. */
export const vectorName = (Q: number, d: number): string => (Q ? `q${d >> 1}` : `d${d}`);
export const vectorNames = (Q: number, ...registers: readonly number[]): string => registers.map(d => vectorName(Q, d)).join(', ');
