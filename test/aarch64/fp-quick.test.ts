/**
 * The quick forms of floating-point helpers, on the host's arithmetic, against software: doubles near underflow and
 * overflow, sums that cancel, and quotients at the edge of the subnormal numbers, in every mode.
 */
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/base/arena.ts';
import { Random } from '../../src/base/random.ts';
import * as helpers from '../../src/guest/aarch64/fp/operations.ts';

const SLOT = 16;
const SHAPE = 64 | (1 << 8);
const arena = new Arena(65536, false);
const arg = arena.alloc(6 * SLOT);
const result = arena.alloc(SLOT);

const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);
const bitsOf = (x: number): bigint => { float[0] = x; return bits[0]!; };
const floatOf = (x: bigint): number => { bits[0] = x; return float[0]!; };

/** Exponents from all of the range, from its ends, and some with few bits of fraction. */
function value(random: Random): bigint {
  const exponent = random.pick([random.below(60), random.below(2047), 400 + random.below(700), 1000 + random.below(80)]);
  const fraction = random.chance(0.3) ? BigInt(random.below(16)) << BigInt(random.below(49)) : BigInt.asUintN(52, random.u64());
  return (BigInt(random.below(2)) << 63n) | (BigInt(exponent) << 52n) | fraction;
}

function operands(random: Random, count: number): bigint[] {
  const all = Array.from({ length: count }, () => value(random));
  const [x = 0n, y = 0n, z = 0n] = all;
  // An addend that nearly cancels the product; a second factor or divisor that brings the result near underflow.
  if (count === 3 && random.chance(0.5)) all[0] = bitsOf(-floatOf(y) * floatOf(z)) ^ BigInt(random.below(4));
  if (count === 2 && random.chance(0.5)) {
    const exponent = Number((x >> 52n) & 2047n);
    const other = (random.chance(0.5) ? 1023 - exponent : exponent + 1022) + random.below(120) - 60;
    all[1] = (y & ~(2047n << 52n)) | (BigInt(Math.min(Math.max(other, 0), 2046)) << 52n);
  }
  return all;
}

describe('quick forms in double precision', () => {
  const { FPAdd, FPSub, FPMul, FPNegMul, FPDiv, FPSqrt, FPMulAdd, FPRecipStepFused, FPRSqrtStepFused } = helpers;
  for (const helper of [FPAdd, FPSub, FPMul, FPNegMul, FPDiv, FPSqrt, FPMulAdd, FPRecipStepFused, FPRSqrtStepFused]) {
    test(helper.name, () => {
      const random = new Random(helper.name.length);
      const state = { FPCR: 0, FPSR: 0, fpFast: 0, fpFastFlushing: 0 };
      const count = helper.args.length - 1;
      const wrong: string[] = [];
      let quick = 0;
      for (let i = 0; i < 4000; i++) {
        const values = operands(random, count);
        values.forEach((x, k) => { arena.u64.set([x, 0n], (arg + k * SLOT) / 8); });
        arena.u32[(arg + count * SLOT) / 4] = SHAPE;
        state.FPCR = (random.chance(0.6) ? 0 : random.below(4) << 22) | (random.chance(0.75) ? 0 : 1 << 24);
        state.FPSR = 0;
        if (!helper.quick!({ state } as never, arena, arg, result)) continue;
        quick++;
        const ours = `${arena.u64[result / 8]!.toString(16)}, flags ${state.FPSR}`;
        state.FPSR = 0;
        const exact = (helper.run as (cpu: object, ...args: bigint[]) => bigint)({ state }, ...values, BigInt(SHAPE));
        const theirs = `${exact.toString(16)}, flags ${state.FPSR}`;
        if (ours !== theirs) wrong.push(`${values.map(x => x.toString(16)).join(' ')}, FPCR ${state.FPCR.toString(16)}: ${ours}, not ${theirs}`);
      }
      expect(wrong).toEqual([]);
      expect(quick).toBeGreaterThan(3000);
    });
  }
});
