/**
 * A shortcut of the exact helpers. Programs that calculate with small whole numbers only never set FPSR.IXC, and so
 * never take the fast paths of scalar.ts; here is what spares them the bigints.
 */
import { whole, type WholeFunction } from '../../../float/whole.ts';
import type { FpSize } from './format.ts';
import { RMode, type FpState } from './status.ts';

type Exact = (s: FpState, N: FpSize, ...operands: bigint[]) => bigint;

/** `exact`, or what `host` gives where FPCR rounds to nearest and all are whole numbers. */
export function orWhole(exact: Exact, host: WholeFunction): Exact {
  return (s, N, ...operands) => {
    if (N === 64 && (s.FPCR & RMode) === 0) {
      const result = whole(host, operands[0] as bigint, operands[1] as bigint, operands[2] ?? 0n);
      if (result !== undefined) return result;
    }
    return exact(s, N, ...operands);
  };
}
