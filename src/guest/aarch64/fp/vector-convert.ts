/** Vector conversions and roundings over a Builder: the scalar ones, element by element. */
import type { Builder, I64, V128 } from '../../../isa/builder.ts';
import type { FpSize } from './format.ts';
import { convertNarrower, convertWider } from './half.ts';
import * as helpers from './operations.ts';
import { conversion, type RoundingChoice } from './operations.ts';
import * as scalar from './scalar-convert.ts';
import { fast } from './scalar.ts';
import type { FixedPoint } from './scalar-convert.ts';
import { FPRounding } from './status.ts';

/** An element alone in a vector. */
const alone = (b: Builder, lane: FpSize, x: V128, index: number): V128 => b.vset(64, b.v128(0n), 0, b.vget(lane, x, index));

/** A vector of what `of` gives, M bits each, for `count` elements. */
function collect(b: Builder, M: FpSize, count: number, of: (index: number) => I64): V128 {
  let result = b.v128(0n);
  for (let e = 0; e < count; e++) result = b.vset(M, result, e, of(e));
  return result;
}

export function FPRoundInt(b: Builder, N: FpSize, count: number, x: V128, rounding: RoundingChoice, exact: boolean): V128 {
  if (count === 1) return scalar.FPRoundInt(b, N, x, rounding, exact);
  if (N === 16) return b.call(helpers.FPRoundIntegral, x, conversion(b, N, N, count, rounding, exact));
  return collect(b, N, count, e => b.vget(N, scalar.FPRoundInt(b, N, alone(b, N, x, e), rounding, exact), 0));
}

export const FPRoundIntN = (b: Builder, N: FpSize, count: number, x: V128, rounding: RoundingChoice, wide: boolean): V128 =>
  b.call(helpers.FPRoundIntegralN, x, conversion(b, N, N, count, rounding, wide));

/** Of `count` elements of N bits, starting with `first`, to M bits; the scalar one says what `ofSVE` is. */
export function FPConvert(b: Builder, N: FpSize, M: FpSize, count: number, x: V128, first: number, ofSVE = false): V128 {
  if (N === 16 || M === 16) {
    const from = first ? b.vset(64, b.v128(0n), 0, b.vget(64, x, 1)) : x;
    return b.fallback(helpers.FPConversion, [from, conversion(b, N, M, count, 'FPCR', ofSVE)], () => {
      if (N === 16) return convertWider(b, b.vextendU(16, 'low', from));
      const [sure, result] = convertNarrower(b, fast(b), from);
      return [sure, b.vnarrowU(32, result, b.v128(0n))];
    });
  }
  return collect(b, M, count, e => b.vget(M, scalar.FPConvert(b, N, M, alone(b, N, x, first + e)), 0));
}

/** From double to single precision, rounding to odd. */
export const FPConvertOdd = (b: Builder, count: number, x: V128): V128 =>
  b.call(helpers.FPConversion, x, conversion(b, 64, 32, count, FPRounding.ODD, false));

/** From single precision to BFloat16. */
export const FPConvertBF = (b: Builder, count: number, x: V128): V128 =>
  b.call(helpers.FPConversionBF, x, conversion(b, 32, 16, count, 'FPCR', false));

export function FPToFixed(
  b: Builder,
  N: FpSize,
  count: number,
  x: V128,
  rounding: RoundingChoice,
  unsigned: boolean,
  fixed?: FixedPoint,
): V128 {
  if (N === 16) return b.call(helpers.FPToFixedPoint, x, fixed ? fixed.fbits : b.i32(0), conversion(b, N, N, count, rounding, unsigned));
  return collect(b, N, count, e => scalar.FPToFixed(b, N, N, alone(b, N, x, e), rounding, unsigned, fixed));
}

export function FixedToFP(b: Builder, N: FpSize, count: number, x: V128, unsigned: boolean, fixed?: FixedPoint): V128 {
  if (N === 16) return b.call(helpers.FixedPointToFP, x, fixed ? fixed.fbits : b.i32(0), conversion(b, N, N, count, 'FPCR', unsigned));
  return collect(b, N, count, e => b.vget(N, scalar.FixedToFP(b, N, N, b.vget(N, x, e), unsigned, fixed), 0));
}
