/** Half precision over a Builder, by way of the host's single precision, which has all of its numbers. */
import type { Builder, V128 } from '../../../isa/builder.ts';
import { constant } from '../simd/lanes.ts';
import { fields } from '../state.ts';
import * as helpers from './operations.ts';
import { shapeOf } from './operations.ts';
import { FZ16 } from './status.ts';

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
