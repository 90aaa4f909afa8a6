/** FPRound and the NaN rules (Arm ARM DDI 0487, J1: FPRoundBase, FPProcessNaN, FPProcessNaNs, FPProcessNaNs3). */
import { FPDefaultNaN, FPInfinity, FPMaxNormal, FPZero, formatOf, ones, pack, type FpSize, type FPType, type Unpacked } from './format.ts';
import { AHP, DN, FPProcessException, FPRounding, FZ, FZ16, IOC, IXC, OFC, UFC, type FpState, type Rounding } from './status.ts';

/** Position of the highest set bit plus one. */
export function bitLength(value: bigint): number {
  let length = 0;
  let rest = value;
  for (; rest >= 1n << 64n; rest >>= 64n) length += 64;
  const high = Number(rest >> 32n);
  return length + (high ? 64 - Math.clz32(high) : 32 - Math.clz32(Number(rest)));
}

/** Whether what was cut off (`rest` of `1 << shift`) rounds the magnitude `kept` up. */
export function roundsUp(rounding: Rounding, sign: number, kept: bigint, rest: bigint, shift: number): boolean {
  if (rest === 0n) return false;
  const half = 1n << BigInt(shift - 1);
  switch (rounding) {
    case FPRounding.TIEEVEN:
      return rest > half || (rest === half && (kept & 1n) === 1n);
    case FPRounding.TIEAWAY:
      return rest >= half;
    case FPRounding.POSINF:
      return sign === 0;
    case FPRounding.NEGINF:
      return sign === 1;
    default:
      return false;
  }
}

const overflowsToInfinity = (rounding: Rounding, sign: number): boolean =>
  rounding === FPRounding.TIEEVEN ||
  rounding === FPRounding.TIEAWAY ||
  (rounding === FPRounding.POSINF && sign === 0) ||
  (rounding === FPRounding.NEGINF && sign === 1);

/** FPRound: (-1)^sign * mant * 2^exp, mant > 0, to the nearest number that `rounding` allows. */
export function FPRound(s: FpState, N: FpSize, sign: number, mant: bigint, exp: number, rounding: Rounding): bigint {
  return roundBase(s, N, sign, mant, exp, rounding, (s.FPCR & (N === 16 ? FZ16 : FZ)) !== 0, false);
}

/** FPRoundCV: the same for conversions between formats, where FZ16 has no effect but AHP has. */
export function FPRoundCV(s: FpState, N: FpSize, sign: number, mant: bigint, exp: number, rounding: Rounding): bigint {
  return roundBase(s, N, sign, mant, exp, rounding, N !== 16 && (s.FPCR & FZ) !== 0, N === 16 && (s.FPCR & AHP) !== 0);
}

function roundBase(
  s: FpState,
  N: FpSize,
  sign: number,
  mant: bigint,
  exp: number,
  rounding: Rounding,
  flush: boolean,
  alternative: boolean,
): bigint {
  const { E, F, minimumExp } = formatOf(N);
  const exponent = exp + bitLength(mant) - 1;
  // Tininess is detected before rounding.
  if (flush && exponent < minimumExp) {
    FPProcessException(s, UFC);
    return FPZero(N, sign);
  }
  let biasedExp = Math.max(exponent - minimumExp + 1, 0);
  const shift = Math.max(exponent, minimumExp) - F - exp;
  let kept = shift > 0 ? mant >> BigInt(shift) : mant << BigInt(-shift);
  const rest = shift > 0 ? mant & ones(shift) : 0n;
  let inexact = rest !== 0n;
  if (biasedExp === 0 && inexact) FPProcessException(s, UFC);
  if (roundsUp(rounding, sign, kept, rest, shift)) {
    kept++;
    if (kept === 1n << BigInt(F)) biasedExp = 1;
    if (kept === 1n << BigInt(F + 1)) {
      biasedExp++;
      kept >>= 1n;
    }
  }
  if (rounding === FPRounding.ODD && inexact) kept |= 1n;

  let result = pack(N, sign, biasedExp, kept & ones(F));
  if (alternative) {
    if (biasedExp >= 2 ** E) {
      FPProcessException(s, IOC);
      inexact = false;
      result = pack(N, sign, ones(E), ones(F));
    }
  } else if (biasedExp >= 2 ** E - 1) {
    FPProcessException(s, OFC);
    inexact = true;
    result = overflowsToInfinity(rounding, sign) ? FPInfinity(N, sign) : FPMaxNormal(N, sign);
  }
  if (inexact) FPProcessException(s, IXC);
  return result;
}

export const isNaN = (type: FPType): boolean => type === 'QNaN' || type === 'SNaN';

/** FPProcessNaN: the quiet NaN that a NaN operand makes of the result. */
export function FPProcessNaN(s: FpState, N: FpSize, type: FPType, op: bigint): bigint {
  if (type === 'SNaN') FPProcessException(s, IOC);
  return s.FPCR & DN ? FPDefaultNaN(N) : op | (1n << BigInt(formatOf(N).F - 1));
}

/** FPProcessNaNs and FPProcessNaNs3: the first signalling operand, else the first quiet one, else undefined. */
export function FPProcessNaNs(s: FpState, N: FpSize, ...operands: readonly (readonly [Unpacked, bigint])[]): bigint | undefined {
  for (const wanted of ['SNaN', 'QNaN'] as const) {
    for (const [unpacked, op] of operands) if (unpacked.type === wanted) return FPProcessNaN(s, N, wanted, op);
  }
  return undefined;
}

/** The default NaN of an operation without a result, reported as invalid. */
export function invalid(s: FpState, N: FpSize): bigint {
  FPProcessException(s, IOC);
  return FPDefaultNaN(N);
}
