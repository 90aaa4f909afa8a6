/** Half precision over a Builder, by way of the host's single precision, which has all of its numbers. */
import type { Builder, I32, I64, V128 } from '../../../isa/builder.ts';
import { constant } from '../simd/lanes.ts';
import { fields } from '../state.ts';
import * as helpers from './operations.ts';
import { shapeOf } from './operations.ts';
import { standardFPSCR } from './standard.ts';
import { AHP, DN, FZ16 } from './status.ts';

/** 2 ** 112: what the exponents' biases differ by. */
const REBIAS = 0x7780_0000n;

/** Half precision in the low halves of words to single precision: exact; signalling NaNs stay what they are. */
export function widen(b: Builder, halves: V128): V128 {
  const magnitude = b.vand(halves, constant(b, 32, 0x7fffn));
  const number = b.vfmul(32, b.vshl(32, magnitude, b.i32(13)), constant(b, 32, REBIAS));
  const special = b.vand(b.vgtS(32, magnitude, constant(b, 32, 0x7bffn)), constant(b, 32, 0x7f80_0000n));
  const sign = b.vshl(32, b.vxor(halves, magnitude), b.i32(16));
  return b.vor(b.vor(number, special), sign);
}

/** Subnormal numbers made zero where FPCR.FZ16 says so. */
function flush(b: Builder, halves: V128): V128 {
  const FZ16Set = b.vsplat(32, b.extU(b.and(b.get(fields.FPCR), b.i32(FZ16))));
  const subnormal = b.veq(32, b.vand(halves, constant(b, 32, 0x7c00n)), b.v128(0n));
  const flushed = b.vand(subnormal, b.vgtS(32, FZ16Set, b.v128(0n)));
  return b.vandNot(halves, b.vand(flushed, constant(b, 32, 0x7fffn)));
}

/** The operands of FPMulAddH, which come in the low halves of words, in single precision. */
export const widenOperand = (b: Builder, halves: V128): V128 =>
  b.fallback(helpers.FPWidenHalf, [halves, shapeOf(b, 32, 4)], () => [b.i32(1), widen(b, flush(b, halves))]);

/** FPConvert of the low halves of words to single precision, and whether that is all: no signalling NaNs, no special modes. */
export function convertWider(b: Builder, halves: V128): [sure: I32, result: V128] {
  const magnitude = b.vand(halves, constant(b, 32, 0x7fffn));
  const signalling = b.vand(b.vgtS(32, magnitude, constant(b, 32, 0x7c00n)), b.vgtS(32, constant(b, 32, 0x7e00n), magnitude));
  const standard = standardFPSCR(b);
  const usual = b.eqz(b.and(b.get(fields.FPCR), b.i32(standard ? AHP : AHP | DN)));
  const rest = standard ? b.vgtS(32, magnitude, constant(b, 32, 0x7c00n)) : signalling;
  return [b.and(usual, b.eqz(b.vany(rest))), widen(b, halves)];
}

/**
 * FPConvert of singles to half precision in the low halves of words, and whether that is all: results are zero or
 * between the ends of the normal numbers, where the alternative format is the same, and inexactness is reported already.
 */
export function convertNarrower(b: Builder, reported: I32, singles: V128): [sure: I32, result: V128] {
  const magnitude = b.vand(singles, constant(b, 32, 0x7fff_ffffn));
  const tie = b.vand(b.vshrU(32, magnitude, b.i32(13)), constant(b, 32, 1n));
  const rounded = b.vshrU(32, b.vadd(32, b.vadd(32, magnitude, constant(b, 32, 0xfffn)), tie), b.i32(13));
  const result = b.vsub(32, rounded, constant(b, 32, 0x1_c000n));
  const normal = b.vand(b.vgtS(32, result, constant(b, 32, 0x400n)), b.vgtS(32, constant(b, 32, 0x7c00n), result));
  const zero = b.veq(32, magnitude, b.v128(0n));
  const exact = b.eqz(b.vany(b.vand(singles, constant(b, 32, 0x1fffn))));
  const sign = b.vshrU(32, b.vxor(singles, magnitude), b.i32(16));
  return [b.and(b.or(reported, exact), b.vall(32, b.vor(normal, zero))), b.vor(b.vandNot(result, zero), sign)];
}

/** The same of one double. */
export function convertDouble(b: Builder, reported: I32, double: I64): [sure: I32, result: I64] {
  const magnitude = b.and(double, b.i64(0x7fff_ffff_ffff_ffffn));
  const tie = b.and(b.shrU(magnitude, b.i32(42)), b.i64(1));
  const rounded = b.shrU(b.add(b.add(magnitude, b.i64(0x1ff_ffff_ffffn)), tie), b.i32(42));
  const number = b.sub(b.wrap(rounded), b.i32(1008 << 10));
  const normal = b.ltU(b.sub(number, b.i32(0x401)), b.i32(0x7bff - 0x401 + 1));
  const zero = b.eqz(magnitude);
  const exact = b.eqz(b.and(double, b.i64(0x3ff_ffff_ffffn)));
  const result = b.or(b.select(zero, b.i32(0), number), b.wrap(b.shrU(b.xor(double, magnitude), b.i32(48))));
  return [b.and(b.or(reported, exact), b.or(normal, zero)), b.extU(result)];
}
