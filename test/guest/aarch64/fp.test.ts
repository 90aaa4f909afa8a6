import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import * as arithmetic from '../../../src/guest/aarch64/fp/arithmetic.ts';
import { RecipEstimate, RecipSqrtEstimate } from '../../../src/guest/aarch64/fp/estimate.ts';
import * as helpers from '../../../src/guest/aarch64/fp/operations.ts';
import { fpFast, fpFastFlushing, FZ, IXC, RMode, UFC, type FpState } from '../../../src/guest/aarch64/fp/status.ts';
import { groups } from '../../../src/guest/aarch64/insns.ts';
import type { Helper } from '../../../src/isa/call.ts';
import type { Insn } from '../../../src/isa/insn.ts';
import { stateOf } from '../../engines/inputs.ts';
import { runBothWays, type Registers, type Tally } from './fast-paths.ts';
import { bits32, bits64, number32, number64 } from './host-float.ts';

/** Half precision has no fast paths. */
const entries: readonly Insn[] = Object.entries(groups)
  .filter(([name]) => /^(simd-)?fp-/.test(name))
  .flatMap(([, insns]) => insns)
  .filter(i => i.feature !== 'FP16');

function wordOf(insn: Insn, random: Random): number {
  for (;;) {
    const free = ~insn.mask & random.u32();
    const word = (insn.value | free) >>> 0;
    const fields = Object.fromEntries(insn.fields.map(f => [f.name, (word >>> f.lo) & (2 ** f.width - 1)]));
    if (insn.valid(fields)) return word;
  }
}

const states = Array.from({ length: 64 }, (_, seed) => stateOf(seed));
const registers = (random: Random): Registers => {
  const { x, v, nzcv, fpcr, fpsr } = random.pick(states);
  return { x: [...x], v: [...v], nzcv, fpcr, fpsr };
};

/** Numbers of one size, close enough that sums cancel or lose a few bits, and products meet the addend. */
function relatedNumbers(random: Random, n: 32 | 64): [x: bigint, y: bigint, z: bigint] {
  const [fraction, bias] = n === 64 ? [52n, 1023] : [23n, 127];
  const spread = random.pick([2, 8, 60, 120, 2000]);
  const one = (exponent: number): bigint => {
    const biased = Math.min(Math.max(bias + exponent, 0), 2 * bias + 1);
    const sparse = random.chance(0.5) ? random.u64() & random.u64() & random.u64() & random.u64() : random.u64();
    return (BigInt(random.below(2)) << BigInt(n - 1)) | (BigInt(biased) << fraction) | BigInt.asUintN(Number(fraction), sparse);
  };
  const x = one(random.below(spread) - spread / 2);
  const y = one(random.below(spread) - spread / 2);
  const product = n === 64 ? bits64(-number64(x) * number64(y)) : bits32(-number32(x) * number32(y));
  const z = random.pick([
    BigInt.asUintN(n, product + BigInt(random.below(5) - 2)),
    BigInt.asUintN(n, product - (BigInt(random.below(2 * Number(fraction) + 4) - 2) << fraction)),
    one(random.below(spread) - spread / 2),
  ]);
  return [x, y, z];
}

describe('fast paths of floating-point instructions', () => {
  it('are sure only of what the exact helpers compute, flags included', () => {
    const random = new Random(0xf10a7);
    const tally: Tally = { offered: 0, sure: 0, differences: [] };
    for (const insn of entries) {
      for (let i = 0; i < 80; i++) {
        const s = registers(random);
        if (i % 2 === 0) {
          s.fpcr = 0;
          s.fpsr = IXC;
        }
        runBothWays(insn, wordOf(insn, random), s, random.chance(0.5), tally);
      }
    }
    expect(tally.differences).toEqual([]);
    expect(tally.offered).toBeGreaterThan(20_000);
    expect(tally.sure / tally.offered).toBeGreaterThan(0.3);
  });

  for (const [name, n] of [
    ['FMADD (64)', 64],
    ['FMADD (32)', 32],
    ['FMLA (vector, 64)', 64],
    ['FMLA (vector, 32)', 32],
    ['FADD (scalar, 64)', 64],
    ['FMUL (scalar, 64)', 64],
    ['FMUL (scalar, 32)', 32],
    ['FDIV (scalar, 64)', 64],
    ['FDIV (vector, 32)', 32],
    ['FRECPS (vector, 32)', 32],
    ['FRSQRTS (vector, 64)', 64],
  ] as const) {
    it(`agree where operands are related: ${name}`, () => {
      const random = new Random(n);
      const insn = entries.find(i => i.name === name) as Insn;
      const field = (f: string): number => 2 ** (insn.fields.find(i => i.name === f)?.lo ?? 31);
      const word =
        (insn.value +
          field('Rn') +
          2 * field('Rm') +
          (/FMADD/.test(name) ? 3 * field('Ra') : 0) +
          3 * field('Rd') +
          (/vector/.test(name) ? 2 ** 30 : 0)) >>>
        0;
      const tally: Tally = { offered: 0, sure: 0, differences: [] };
      for (let i = 0; i < 4000; i++) {
        const v = Array.from({ length: 32 }, () => 0n);
        for (let at = 0n; at < 128n; at += BigInt(n)) {
          const [x, y, z] = relatedNumbers(random, n);
          v[1] = (v[1] as bigint) | (x << at);
          v[2] = (v[2] as bigint) | (y << at);
          v[3] = (v[3] as bigint) | (z << at);
        }
        runBothWays(insn, word, { x: [], v, nzcv: 0, fpcr: 0, fpsr: IXC }, i % 4 === 0, tally);
      }
      expect(tally.differences).toEqual([]);
      expect(tally.sure / tally.offered).toBeGreaterThan(0.35);
    });
  }

  it('leave to the helper what was rounded up from a subnormal number: underflow is detected before rounding', () => {
    for (const [name, x, y] of [
      ['FMUL (scalar, 64)', 0x001f_ffff_ffff_ffffn, bits64(0.5)],
      ['FMUL (scalar, 32)', 0x00ff_ffffn, bits32(0.5)],
      ['FDIV (scalar, 64)', 0x001f_ffff_ffff_ffffn, bits64(2)],
      ['FDIV (scalar, 32)', 0x00ff_ffffn, bits32(2)],
      ['FMUL (vector, 64)', 0x001f_ffff_ffff_ffffn, bits64(0.5)],
      ['FDIV (vector, 32)', 0x00ff_ffffn, bits32(2)],
      ['FMADD (64)', 0x001f_ffff_ffff_ffffn, bits64(0.5)],
      ['FMADD (32)', 0x00ff_ffffn, bits32(0.5)],
    ] as const) {
      for (const fused of [false, true]) {
        const insn = entries.find(i => i.name === name) as Insn;
        const field = (f: string): number => 2 ** (insn.fields.find(i => i.name === f)?.lo ?? 31);
        const n = name.includes('32') ? 32 : 64;
        const lanes = /vector/.test(name) ? (n === 32 ? 1n | (1n << 32n) | (1n << 64n) | (1n << 96n) : 1n | (1n << 64n)) : 1n;
        const v = [0n, x * lanes, y * lanes, ...Array.from({ length: 29 }, () => 0n)];
        const s: Registers = { x: [], v, nzcv: 0, fpcr: 0, fpsr: IXC };
        const tally: Tally = { offered: 0, sure: 0, differences: [] };
        const word = (insn.value + field('Rn') + 2 * field('Rm') + 3 * field('Rd') + (/vector/.test(name) ? 2 ** 30 : 0)) >>> 0;
        runBothWays(insn, word, s, fused, tally);
        expect({ name, sure: tally.sure, flags: s.fpsr, result: BigInt.asUintN(n, s.v[3] ?? 0n) }).toEqual({
          name,
          sure: 0,
          flags: IXC | UFC,
          result: n === 32 ? 1n << 23n : 1n << 52n,
        });
      }
    }
  });

  it('are off unless FPCR is as the host rounds and inexactness was reported already', () => {
    expect(fpFast(0, IXC)).toBe(1);
    expect(fpFast(0, 0)).toBe(0);
    expect(fpFast(FZ, IXC)).toBe(0);
    expect(fpFastFlushing(FZ, IXC)).toBe(1);
    expect(fpFastFlushing(0, IXC)).toBe(0);
    expect(fpFastFlushing(FZ, 0)).toBe(0);
    for (let mode = 1; mode < 4; mode++) expect(fpFast((mode * (RMode & -RMode)) >>> 0, IXC)).toBe(0);
  });
});

describe('exact arithmetic', () => {
  const state = (FPCR = 0): FpState => ({ FPCR, FPSR: 0, fpFast: 0, fpFastFlushing: 0 });

  it('keeps fpFast with the flags that it sets', () => {
    const s = state();
    expect(arithmetic.FPDiv(s, 64, bits64(1), bits64(3))).toBe(bits64(1 / 3));
    expect(s).toEqual({ FPCR: 0, FPSR: IXC, fpFast: 1, fpFastFlushing: 0 });
  });

  it('rounds as FPCR says', () => {
    const third = [0, 1, 2, 3].map(mode => arithmetic.FPDiv(state(mode << 22), 32, bits32(1), bits32(3)));
    expect(third.map(b => b.toString(16))).toEqual(['3eaaaaab', '3eaaaaab', '3eaaaaaa', '3eaaaaaa']);
  });

  it('rounds a multiply-add once', () => {
    const x = bits64(1 + 2 ** -52);
    expect(arithmetic.FPMulAdd(state(), 64, bits64(-1 - 2 ** -51), x, x)).toBe(bits64(2 ** -104));
  });

  it("estimates as the manual's tables do", () => {
    // DDI 0487, J1 RecipEstimate and RecipSqrtEstimate: first and last entries.
    expect([256, 511].map(RecipEstimate)).toEqual([511, 256]);
    expect([128, 511].map(RecipSqrtEstimate)).toEqual([511, 256]);
  });

  it('has shortcuts for whole numbers that give the same', () => {
    const random = new Random(3);
    const numbers = [
      0,
      -0,
      1,
      -1,
      2,
      3,
      10,
      2 ** 26 + 1,
      2 ** 27 - 1,
      2 ** 52 + 1,
      2 ** 53 - 1,
      2 ** 53,
      -(2 ** 53),
      2 ** 53 + 2,
      0.5,
      1e300,
      5e-324,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ];
    const pick = (): bigint => bits64(random.chance(0.5) ? random.pick(numbers) : random.below(2000) - 1000);
    const { FPAdd, FPSub, FPMul, FPDiv, FPMulAdd } = arithmetic;
    const pairs: readonly (readonly [Helper, (s: FpState, N: 64, ...operands: [bigint, bigint, bigint]) => bigint])[] = [
      [helpers.FPAdd, FPAdd],
      [helpers.FPSub, FPSub],
      [helpers.FPMul, FPMul],
      [helpers.FPDiv, FPDiv],
      [helpers.FPMulAdd, FPMulAdd],
    ];
    for (const [helper, compute] of pairs) {
      for (let i = 0; i < 3000; i++) {
        const operands: [bigint, bigint, bigint] = [pick(), pick(), pick()];
        const used = helper.args.length - 1;
        const FPCR = random.chance(0.7) ? 0 : random.below(16) << 22;
        const [shortcut, exact] = [state(FPCR), state(FPCR)];
        const result = helper.run({ state: shortcut } as never, ...operands.slice(0, used), 64n | (1n << 8n));
        const what = { name: helper.name, operands, FPCR };
        expect({ ...what, result, state: shortcut }).toEqual({ ...what, result: compute(exact, 64, ...operands), state: exact });
      }
    }
  });
});
