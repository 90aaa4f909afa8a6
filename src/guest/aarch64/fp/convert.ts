/** Conversions (Arm ARM DDI 0487, J1: FPConvert, FPToFixed, FixedToFP, FPRoundInt, FPToFixedJS). */
import { fromInteger, rounded, toInteger, toIntegral } from '../../../float/convert.ts';
import { convertedNaN } from '../../../float/format.ts';
import { FPDefaultNaN, FPInfinity, FPUnpack, FPUnpackCV, FPZero, fractionOf, isNaN, ones, pack, FPPowerOfTwo, type FpSize } from './format.ts';
import { FPRound, FPRoundCV, rules } from './round.ts';
import { AHP, DN, FPProcessException, FPRounding, IOC, IXC, type FpState, type Rounding } from './status.ts';

/** From `N` to `M` bits. */
export function FPConvert(s: FpState, N: FpSize, M: FpSize, op: bigint, rounding: Rounding): bigint {
  const alternative = M === 16 && (s.FPCR & AHP) !== 0;
  const x = FPUnpackCV(s, N, op);
  switch (x.type) {
    case 'QNaN':
    case 'SNaN':
      if (x.type === 'SNaN' || alternative) FPProcessException(s, IOC);
      if (alternative) return FPZero(M, x.sign);
      return s.FPCR & DN ? FPDefaultNaN(M) : convertedNaN(N, M, op);
    case 'infinity':
      if (!alternative) return FPInfinity(M, x.sign);
      FPProcessException(s, IOC);
      return pack(M, x.sign, ones(5), ones(10));
    case 'zero':
      return FPZero(M, x.sign);
    default:
      return FPRoundCV(s, M, x.sign, x.mant, x.exp, rounding);
  }
}

/** FPConvertSVE: the same without the alternative half precision, whatever FPCR.AHP says. */
export function FPConvertSVE(s: FpState, N: FpSize, M: FpSize, op: bigint, rounding: Rounding): bigint {
  if ((s.FPCR & AHP) === 0) return FPConvert(s, N, M, op, rounding);
  const own = { FPCR: s.FPCR & ~AHP, FPSR: 0, fpFast: 0, fpFastFlushing: 0 };
  const result = FPConvert(own, N, M, op, rounding);
  FPProcessException(s, own.FPSR);
  return result;
}

/** A half-precision operand of FPMulAddH as a single one: what FPUnpack makes of it, and NaNs with their payload as they are. */
export function widenHalf(s: FpState, op: bigint): bigint {
  const x = FPUnpack(s, 16, op);
  if (x.type === 'zero') return FPZero(32, x.sign);
  // Exact: the rounding doesn't matter.
  if (x.type === 'nonzero') return FPRound(s, 32, x.sign, x.mant, x.exp, FPRounding.ZERO);
  return FPInfinity(32, x.sign) | (fractionOf(16, op) << 13n);
}

/** FPToFixed: to an integer of `M` bits with `fbits` fraction bits, saturating; given as `M` unsigned bits. */
export function FPToFixed(s: FpState, N: FpSize, M: number, op: bigint, fbits: number, unsigned: boolean, rounding: Rounding): bigint {
  const x = FPUnpack(s, N, op);
  if (!isNaN(x.type)) return toInteger(rules, s, x, M, fbits, unsigned, rounding);
  FPProcessException(s, IOC);
  return 0n;
}

/** FixedToFP: of an integer of `M` bits with `fbits` fraction bits. */
export function FixedToFP(s: FpState, M: number, N: FpSize, op: bigint, fbits: number, unsigned: boolean, rounding: Rounding): bigint {
  return fromInteger(rules, s, M, N, op, fbits, unsigned, rounding);
}

/** FPRoundInt: to an integral number of the same format. `exact` reports inexactness. */
export function FPRoundInt(s: FpState, N: FpSize, op: bigint, rounding: Rounding, exact: boolean): bigint {
  return toIntegral(rules, s, N, op, rounding, exact);
}

/** FPRoundIntN: to an integral number that fits `intsize` bits, else the most negative one (FRINT32, FRINT64). */
export function FPRoundIntN(s: FpState, N: FpSize, op: bigint, rounding: Rounding, intsize: 32 | 64): bigint {
  const outOfRange = (): bigint => {
    FPProcessException(s, IOC);
    return FPPowerOfTwo(N, 1, intsize - 1);
  };
  const x = FPUnpack(s, N, op);
  if (isNaN(x.type) || x.type === 'infinity') return outOfRange();
  if (x.type === 'zero') return FPZero(N, x.sign);
  const { magnitude, inexact } = rounded(x, 0, rounding);
  if (magnitude > ones(intsize - 1) + BigInt(x.sign)) return outOfRange();
  if (inexact) FPProcessException(s, IXC);
  return magnitude === 0n ? FPZero(N, x.sign) : FPRound(s, N, x.sign, magnitude, 0, FPRounding.ZERO);
}

/** FPToFixedJS: a double to 32 bits as JavaScript's ToInt32 does; PSTATE.Z tells whether nothing was lost. */
export function FPToFixedJS(s: FpState, op: bigint): { result: bigint; Z: 0 | 1 } {
  const x = FPUnpack(s, 64, op);
  if (isNaN(x.type) || x.type === 'infinity') {
    FPProcessException(s, IOC);
    return { result: 0n, Z: 0 };
  }
  const { magnitude, inexact } = rounded(x, 0, FPRounding.ZERO);
  const value = x.sign ? -magnitude : magnitude;
  const fits = BigInt.asIntN(32, value) === value;
  if (!fits) FPProcessException(s, IOC);
  else if (inexact) FPProcessException(s, IXC);
  // Neither -0 nor a flushed subnormal number counts as unchanged.
  const lostZero = x.type === 'zero' && op !== 0n;
  return { result: BigInt.asUintN(32, value), Z: fits && !inexact && !lostZero ? 1 : 0 };
}
