/**
 * A shortcut of the exact helpers. Programs that calculate with small whole numbers only never set FPSR.IXC, and so
 * never take the fast paths of scalar.ts; here is what spares them the bigints.
 */
import type { FpSize } from './format.ts';
import { RMode, type FpState } from './status.ts';

type Exact = (s: FpState, N: FpSize, ...operands: bigint[]) => bigint;

const floats = new Float64Array(1);
const bits = new BigUint64Array(floats.buffer);
/** A sum of this size may have been rounded to it. */
const LIMIT = 2 ** 53;

function valueOf(op: bigint): number {
  bits[0] = op;
  return floats[0] as number;
}

const small = (x: number): boolean => Number.isInteger(x) && Math.abs(x) < LIMIT;

/**
 * `exact`, or the double that `host` gives where all are whole numbers of up to 53 bits: then nothing was rounded.
 * `host` gives NaN where that doesn't follow. Rounding to nearest gives zeros the sign that the host's have.
 */
export function orWhole(exact: Exact, host: (x: number, y: number, z: number) => number): Exact {
  return (s, N, ...operands) => {
    if (N === 64 && (s.FPCR & RMode) === 0) {
      const [x, y, z] = [valueOf(operands[0] as bigint), valueOf(operands[1] as bigint), valueOf(operands[2] ?? 0n)];
      const result = host(x, y, z);
      if (small(x) && small(y) && small(z) && small(result)) {
        floats[0] = result;
        return bits[0] as bigint;
      }
    }
    return exact(s, N, ...operands);
  };
}

export const wholeSum = (x: number, y: number): number => x + y;
export const wholeDifference = (x: number, y: number): number => x - y;
export const wholeProduct = (x: number, y: number): number => x * y;
export const wholeQuotient = (x: number, y: number): number => (x % y === 0 ? x / y : Number.NaN);
/** addend + op1 * op2. */
export const wholeMultiplyAdd = (addend: number, op1: number, op2: number): number => (small(op1 * op2) ? op1 * op2 + addend : Number.NaN);
