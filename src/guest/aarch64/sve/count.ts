/** What increments and decrements by a count do to registers (DDI 0487, C8.2: SQINCB, UQDECP and the like). */
import type { Builder, I32, I64, Lane, Operand, V128 } from '../../../isa/builder.ts';
import { setV, setX, V, X } from '../pseudocode.ts';
import { saturatedDifference, saturatedSum } from '../simd/saturate.ts';

const MAX_S64 = (1n << 63n) - 1n;
const MIN_S64 = -(1n << 63n);

/** x more, or less, a count of no more than 256, where 64 bits hold it; else the limit that it went over. */
function saturated64(b: Builder, unsigned: boolean, decrement: boolean, x: I64, count: I64): I64 {
  const result = decrement ? b.sub(x, count) : b.add(x, count);
  if (unsigned) return decrement ? b.select(b.ltU(x, count), b.i64(0), result) : b.select(b.ltU(result, x), b.i64(-1), result);
  return decrement ? b.select(b.ltS(x, result), b.i64(MIN_S64), result) : b.select(b.ltS(result, x), b.i64(MAX_S64), result);
}

/** The same of the low 32 bits of x, extended by their sign. */
function saturated32(b: Builder, unsigned: boolean, decrement: boolean, x: I64, count: I64): I64 {
  const low = unsigned ? b.extU(b.wrap(x)) : b.extS(b.wrap(x));
  const result = decrement ? b.sub(low, count) : b.add(low, count);
  const [least, most] = unsigned ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1];
  return decrement ? b.select(b.ltS(result, b.i64(least)), b.i64(least), result) : b.select(b.ltS(b.i64(most), result), b.i64(most), result);
}

/** D and U as the encodings have them: decrement, unsigned. */
export interface Direction { readonly D: number; readonly U: number }

/** Xdn, or Wdn, which counts as 64 bits afterwards. */
export function countSaturating(b: Builder, { D, U }: Direction, sf: number, Rdn: Operand, count: I32): void {
  const saturated = sf ? saturated64 : saturated32;
  setX(b, Rdn, saturated(b, U === 1, D === 1, X(b, Rdn, 64), b.extU(count)));
}

export function countX(b: Builder, D: number, Rdn: Operand, count: I32): void {
  const x = X(b, Rdn, 64);
  setX(b, Rdn, D ? b.sub(x, b.extU(count)) : b.add(x, b.extU(count)));
}

/** Each element by the same count. */
export function countZSaturating(b: Builder, { D, U }: Direction, lane: Lane, Zdn: Operand, count: I32): void {
  const operation = D ? saturatedDifference : saturatedSum;
  setV(b, Zdn, operation(b, lane, U === 1, V(b, Zdn), counts(b, lane, count)));
}

export function countZ(b: Builder, D: number, lane: Lane, Zdn: Operand, count: I32): void {
  const x = V(b, Zdn);
  setV(b, Zdn, D ? b.vsub(lane, x, counts(b, lane, count)) : b.vadd(lane, x, counts(b, lane, count)));
}

const counts = (b: Builder, lane: Lane, count: I32): V128 => b.vsplat(lane, b.extU(count));

/** 'sqinc', 'uqdec'. */
export const saturatingName = ({ D, U }: Direction): string => `${U ? 'u' : 's'}q${D ? 'dec' : 'inc'}`;
/** The register as it is written: the signed form of 32 bits writes 64. */
export const saturatingRegister = (U: number, sf: number, Rdn: number): string => {
  const name = (prefix: string): string => prefix + (Rdn === 31 ? 'zr' : Rdn);
  return sf ? name('x') : U ? name('w') : `${name('x')}, ${name('w')}`;
};
