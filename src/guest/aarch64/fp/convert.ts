/** Conversions (Arm ARM DDI 0487, J1: FPConvert, FPToFixed, FixedToFP, FPRoundInt, FPToFixedJS). */
import {
  FPDefaultNaN,
  FPInfinity,
  FPUnpack,
  FPUnpackCV,
  FPZero,
  formatOf,
  fractionOf,
  ones,
  pack,
  type FpSize,
  type Unpacked,
} from './format.ts';
import { FPProcessNaN, FPRound, FPRoundCV, isNaN, roundsUp } from './round.ts';
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
      return s.FPCR & DN ? FPDefaultNaN(M) : convertNaN(N, M, op, x.sign);
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

/** FPConvertNaN: the top of the payload is kept, and the result is quiet. */
function convertNaN(N: FpSize, M: FpSize, op: bigint, sign: number): bigint {
  const from = formatOf(N).F;
  const { E, F } = formatOf(M);
  const fraction = from > F ? fractionOf(N, op) >> BigInt(from - F) : fractionOf(N, op) << BigInt(F - from);
  return pack(M, sign, ones(E), fraction | (1n << BigInt(F - 1)));
}

/** |x| * 2 ** fbits as an integer, and what was cut off: `rest` of `1 << shift`. */
function split(x: Unpacked, fbits: number): { kept: bigint; rest: bigint; shift: number } {
  const exp = x.exp + fbits;
  if (exp >= 0) return { kept: x.mant << BigInt(exp), rest: 0n, shift: 1 };
  return { kept: x.mant >> BigInt(-exp), rest: x.mant & ones(-exp), shift: -exp };
}

/** FPToFixed: to an integer of `M` bits with `fbits` fraction bits, saturating; given as `M` unsigned bits. */
export function FPToFixed(s: FpState, N: FpSize, M: number, op: bigint, fbits: number, unsigned: boolean, rounding: Rounding): bigint {
  const x = FPUnpack(s, N, op);
  if (isNaN(x.type)) {
    FPProcessException(s, IOC);
    return 0n;
  }
  const highest = unsigned ? ones(M) : ones(M - 1);
  const lowest = unsigned ? 0n : -(1n << BigInt(M - 1));
  let value: bigint;
  let inexact = false;
  if (x.type === 'infinity') {
    value = x.sign ? lowest - 1n : highest + 1n;
  } else {
    const { kept, rest, shift } = split(x, fbits);
    const magnitude = roundsUp(rounding, x.sign, kept, rest, shift) ? kept + 1n : kept;
    value = x.sign ? -magnitude : magnitude;
    inexact = rest !== 0n;
  }
  if (value > highest || value < lowest) {
    FPProcessException(s, IOC);
    value = value > highest ? highest : lowest;
  } else if (inexact) {
    FPProcessException(s, IXC);
  }
  return BigInt.asUintN(M, value);
}

/** FixedToFP: of an integer of `M` bits with `fbits` fraction bits. */
export function FixedToFP(s: FpState, M: number, N: FpSize, op: bigint, fbits: number, unsigned: boolean, rounding: Rounding): bigint {
  const value = unsigned ? op : BigInt.asIntN(M, op);
  if (value === 0n) return FPZero(N, 0);
  return value < 0n ? FPRound(s, N, 1, -value, -fbits, rounding) : FPRound(s, N, 0, value, -fbits, rounding);
}

/** FPRoundInt: to an integral number of the same format. `exact` reports inexactness. */
export function FPRoundInt(s: FpState, N: FpSize, op: bigint, rounding: Rounding, exact: boolean): bigint {
  const x = FPUnpack(s, N, op);
  if (isNaN(x.type)) return FPProcessNaN(s, N, x.type, op);
  if (x.type === 'infinity') return FPInfinity(N, x.sign);
  if (x.type === 'zero') return FPZero(N, x.sign);
  const { kept, rest, shift } = split(x, 0);
  const magnitude = roundsUp(rounding, x.sign, kept, rest, shift) ? kept + 1n : kept;
  if (exact && rest !== 0n) FPProcessException(s, IXC);
  return magnitude === 0n ? FPZero(N, x.sign) : FPRound(s, N, x.sign, magnitude, 0, FPRounding.ZERO);
}

/** FPRoundIntN: to an integral number that fits `intsize` bits, else the most negative one (FRINT32, FRINT64). */
export function FPRoundIntN(s: FpState, N: FpSize, op: bigint, rounding: Rounding, intsize: 32 | 64): bigint {
  const outOfRange = (): bigint => {
    FPProcessException(s, IOC);
    return pack(N, 1, intsize - 1 - formatOf(N).minimumExp + 1, 0n);
  };
  const x = FPUnpack(s, N, op);
  if (isNaN(x.type) || x.type === 'infinity') return outOfRange();
  if (x.type === 'zero') return FPZero(N, x.sign);
  const { kept, rest, shift } = split(x, 0);
  const magnitude = roundsUp(rounding, x.sign, kept, rest, shift) ? kept + 1n : kept;
  if (magnitude > ones(intsize - 1) + BigInt(x.sign)) return outOfRange();
  if (rest !== 0n) FPProcessException(s, IXC);
  return magnitude === 0n ? FPZero(N, x.sign) : FPRound(s, N, x.sign, magnitude, 0, FPRounding.ZERO);
}

/** FPToFixedJS: a double to 32 bits as JavaScript's ToInt32 does; PSTATE.Z tells whether nothing was lost. */
export function FPToFixedJS(s: FpState, op: bigint): { result: bigint; Z: 0 | 1 } {
  const x = FPUnpack(s, 64, op);
  if (isNaN(x.type) || x.type === 'infinity') {
    FPProcessException(s, IOC);
    return { result: 0n, Z: 0 };
  }
  const { kept, rest } = split(x, 0);
  const value = x.sign ? -kept : kept;
  const fits = BigInt.asIntN(32, value) === value;
  if (!fits) FPProcessException(s, IOC);
  else if (rest !== 0n) FPProcessException(s, IXC);
  // Neither -0 nor a flushed subnormal number counts as unchanged.
  const lostZero = x.type === 'zero' && op !== 0n;
  return { result: BigInt.asUintN(32, value), Z: fits && rest === 0n && !lostZero ? 1 : 0 };
}
