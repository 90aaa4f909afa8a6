/** Operands of floating point (Arm ARM DDI 0487, J1: shared/functions/float FPUnpack, FPUnpackCV). */
import { type FpSize, unpack, type Unpacked } from '../../../float/format.ts';
import { AHP, FPProcessException, FZ, FZ16, IDC, type FpState } from './status.ts';

export {
  defaultNaN as FPDefaultNaN,
  exponentOf,
  formatOf,
  fractionOf,
  infinity as FPInfinity,
  isNaN,
  largest as FPMaxNormal,
  magnitude as FPAbs,
  negated as FPNeg,
  ones,
  pack,
  powerOfTwo as FPPowerOfTwo,
  signOf,
  zero as FPZero,
  type FpSize,
  type Unpacked,
} from '../../../float/format.ts';

/** FPUnpack: operands of arithmetic. Half precision is always IEEE here. */
export function FPUnpack(s: FpState, N: FpSize, op: bigint): Unpacked {
  return flushed(s, N, unpack(N, op), (s.FPCR & (N === 16 ? FZ16 : FZ)) !== 0);
}

/** FPUnpackCV: operands of conversions between formats. FZ16 has no effect, AHP has. */
export function FPUnpackCV(s: FpState, N: FpSize, op: bigint): Unpacked {
  return flushed(s, N, unpack(N, op, N === 16 && (s.FPCR & AHP) !== 0), N !== 16 && (s.FPCR & FZ) !== 0);
}

const subnormalBits = { 16: 10n, 32: 23n, 64: 52n } as const;

function flushed(s: FpState, N: FpSize, x: Unpacked, flush: boolean): Unpacked {
  if (!flush || x.type !== 'nonzero' || x.mant >> subnormalBits[N] !== 0n) return x;
  // Half-precision flushing is not reported.
  if (N !== 16) FPProcessException(s, IDC);
  return { type: 'zero', sign: x.sign, mant: 0n, exp: 0 };
}
