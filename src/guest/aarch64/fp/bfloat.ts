/**
 * BFloat16 (Arm ARM DDI 0487, J1: BFDotAdd, BFMulH, BFAdd, FPConvertBF; without FEAT_EBF16), the upper half of a single.
 * Dot products are sums and products in single precision, rounded to odd, subnormal numbers flushed, NaNs the default
 * one, no flags, whatever FPCR says.
 */
import * as float from '../../../float/arithmetic.ts';
import { infinity, type FpSize } from '../../../float/format.ts';
import { Exception, Rounding as Modes, type Rules } from '../../../float/rules.ts';
import { FPDefaultNaN, FPUnpack, isNaN, signOf } from './format.ts';
import { FPProcessNaNs, roundsUp } from './round.ts';
import { FPProcessException, FZ, IXC, OFC, UFC, type FpState, type Rounding } from './status.ts';

interface Overflow {
  overflowed: boolean;
}

const flushing: FpState = { FPCR: FZ, FPSR: 0, fpFast: 0, fpFastFlushing: 0 };

const rules: Rules<Overflow> = {
  unpack: (_s, N, op) => FPUnpack(flushing, N, op),
  rounding: () => Modes.ODD,
  flushes: () => true,
  raise: (s, exception) => {
    if (exception === Exception.OVERFLOW) s.overflowed = true;
  },
  processNaNs: (_s, N, operands) => (operands.some(([x]) => isNaN(x.type)) ? FPDefaultNaN(N) : undefined),
  invalidProductBeatsNaN: true,
};

/** What overflows is infinite, although it is rounded to odd. */
const overflowing =
  (of: (rules: Rules<Overflow>, s: Overflow, N: FpSize, x: bigint, y: bigint) => bigint) =>
  (x: bigint, y: bigint): bigint => {
    const s = { overflowed: false };
    const result = of(rules, s, 32, x, y);
    return s.overflowed ? infinity(32, signOf(32, result)) : result;
  };

const BFAdd = overflowing(float.add);
const BFMulH = overflowing(float.multiply);

const lower = (word: bigint): bigint => (word & 0xffffn) << 16n;
const upper = (word: bigint): bigint => word & 0xffff_0000n;

/** addend + the sum of the products of the halves of two words. */
export const BFDotAdd = (addend: bigint, x: bigint, y: bigint): bigint =>
  BFAdd(addend, BFAdd(BFMulH(lower(x), lower(y)), BFMulH(upper(x), upper(y))));

/** FPConvertBF: a single to BFloat16. Encodings stand in the order of magnitudes, so a carry out of the fraction is right. */
export function FPConvertBF(s: FpState, op: bigint, rounding: Rounding): bigint {
  const x = FPUnpack(s, 32, op);
  const nan = FPProcessNaNs(s, 32, [[x, op]]);
  if (nan !== undefined) return nan >> 16n;
  const sign = BigInt(x.sign) << 15n;
  if (x.type === 'zero') return sign;
  const magnitude = (op >> 16n) & 0x7fffn;
  const rest = op & 0xffffn;
  if (rest === 0n) return sign | magnitude;
  FPProcessException(s, IXC);
  if (magnitude < 0x80n) FPProcessException(s, UFC);
  if (!roundsUp(rounding, x.sign, magnitude, rest, 16)) return sign | magnitude;
  if (magnitude === 0x7f7fn) FPProcessException(s, OFC);
  return sign | (magnitude + 1n);
}
