/** Rules of AArch32's floating point and Advanced SIMD that single golden vectors don't show as rules, on every engine (ARM DDI 0487, E1.3, F6). */
import { describe, expect, test } from 'vitest';
import { insns as a32 } from '../../src/guest/aarch64/aarch32/a32-insns.ts';
import { insns as t32 } from '../../src/guest/aarch64/aarch32/t32-insns.ts';
import { cpuModels } from '../../src/guest/aarch64/index.ts';
import { features } from '../../src/guest/aarch64/model/features.ts';
import { decoder } from '../../src/isa/decode.ts';
import { Machine } from '../guest/aarch64/machine.ts';
import { createEngine, engineNames } from './engines/all.ts';
import { DATA, type Outcome, type State } from './engines/engine.ts';
import { model } from './engines/model.ts';

const [IXC, IDC] = [0x10, 0x80] as const;
const [FZ, DN, UPWARDS] = [1 << 24, 1 << 25, 1 << 22] as const;
const ones = 2n ** 32n - 1n;

const state = (registers: Readonly<Record<number, number>>, vectors: Readonly<Record<number, bigint>>, fpscr = 0): State => ({
  r: Array.from({ length: 15 }, (_, n) => registers[n] ?? 0),
  cpsr: 0,
  fpscr,
  q: Array.from({ length: 16 }, (_, n) => vectors[n] ?? 0n),
});
const splat = (word: bigint): bigint => word * 0x1_0000_0001_0000_0001_0000_0001n;

const ONE = 0x3f80_0000n;
const SUBNORMAL = 1n;
const NAN_WITH_PAYLOAD = 0xffc1_2345n;
const DEFAULT_NAN = 0x7fc0_0000n;

const VADD_q0_q1_q2 = 0xf202_0d44;
const VADD_s0_s4_s8 = 0xee32_0a04;
const VMSR_r0 = 0xeee1_0a10;

describe.each(engineNames)('%s', name => {
  const engine = createEngine(name);
  const run = (words: readonly number[], before: State): Outcome => engine.run({ words: Uint32Array.from(words) }, before);
  const sums = (word: number, x: bigint, y: bigint, fpscr: number): [sum: bigint, flags: number] => {
    const { q, fpscr: after } = run([word], state({}, { 1: splat(x), 2: splat(y) }, fpscr));
    return [q[0]! & ones, after & ~fpscr & 0xff];
  };

  test.each([0, UPWARDS, IXC, FZ, UPWARDS | DN])('Advanced SIMD has the standard FPSCR value where FPSCR is %i', fpscr => {
    const inexact = fpscr & IXC ? 0 : IXC;
    expect(sums(VADD_q0_q1_q2, SUBNORMAL, SUBNORMAL, fpscr)).toEqual([0n, IDC]);
    expect(sums(VADD_q0_q1_q2, NAN_WITH_PAYLOAD, ONE, fpscr)).toEqual([DEFAULT_NAN, 0]);
    // Less than half of the last place is added: to nearest it is nothing.
    expect(sums(VADD_q0_q1_q2, ONE, 0x3300_0000n, fpscr)).toEqual([ONE, inexact]);
    expect(sums(VADD_q0_q1_q2, ONE, ONE, fpscr)).toEqual([0x4000_0000n, 0]);
  });

  test('VFP does as FPSCR says', () => {
    expect(sums(VADD_s0_s4_s8, SUBNORMAL, SUBNORMAL, 0)).toEqual([2n, 0]);
    expect(sums(VADD_s0_s4_s8, SUBNORMAL, SUBNORMAL, FZ)).toEqual([0n, IDC]);
    expect(sums(VADD_s0_s4_s8, NAN_WITH_PAYLOAD, ONE, 0)).toEqual([NAN_WITH_PAYLOAD, 0]);
    expect(sums(VADD_s0_s4_s8, NAN_WITH_PAYLOAD, ONE, DN)).toEqual([DEFAULT_NAN, 0]);
    expect(sums(VADD_s0_s4_s8, ONE, 0x3300_0000n, UPWARDS)).toEqual([ONE + 1n, IXC]);
  });

  test('what VMSR changes holds for the next instruction', () => {
    const vectors = { 1: splat(SUBNORMAL), 2: splat(SUBNORMAL) };
    const flushing = run([VMSR_r0, VADD_s0_s4_s8], state({ 0: FZ }, vectors));
    expect([flushing.q[0], flushing.fpscr]).toEqual([0n, FZ | IDC]);
    const not = run([VMSR_r0, VADD_s0_s4_s8], state({ 0: 0 }, vectors, FZ));
    expect([not.q[0], not.fpscr]).toEqual([2n, 0]);
  });

  test('comparisons set FPSCR\'s flags alone, which VMRS takes over', () => {
    const [VCMP_s4_s8, VMRS_APSR] = [0xeeb4_2a44, 0xeef1_fa10] as const;
    const before = state({}, { 1: ONE, 2: ONE });
    const compared = run([VCMP_s4_s8], before);
    expect([compared.fpscr, compared.cpsr]).toEqual([0x6000_0000, 0]);
    expect(run([VCMP_s4_s8, VMRS_APSR], before).cpsr).toBe(0x6000_0000);
  });

  test('S, D and Q registers are parts of the same', () => {
    const [VMOV_s5_r0, VMOV_d31_q] = [0xee02_0a90, 0xeef0_fb42] as const;
    const { q } = run([VMOV_s5_r0, VMOV_d31_q], state({ 0: 0x8765_4321 }, { 1: splat(ONE), 15: 7n }));
    expect(q[1]).toBe((splat(ONE) & ~(ones << 32n)) | (0x8765_4321n << 32n));
    expect(q[15]).toBe(7n | ((q[1]! & (2n ** 64n - 1n)) << 64n));
  });

  test('loads of registers want words aligned, those of elements what they say', () => {
    const [VLDR_d0, VLD1_d0, VLD1_d0_64] = [0xed91_0b00, 0xf421_070f, 0xf421_071f] as const;
    const at = (offset: number): State => state({ 1: Number(DATA) + offset }, {});
    expect([4, 2].map(offset => run([VLDR_d0], at(offset)).stop)).toEqual(['left', 'memory']);
    expect(run([VLD1_d0], at(1)).stop).toBe('left');
    expect([8, 4].map(offset => run([VLD1_d0_64], at(offset)).stop)).toEqual(['left', 'memory']);
  });

  test('saturation is remembered in FPSCR.QC, of elements that there are', () => {
    const VQADD_S32_d0_d2_d4 = 0xf222_0014;
    const high = 0x7fff_ffffn;
    expect(run([VQADD_S32_d0_d2_d4], state({}, { 1: high, 2: 1n })).fpscr).toBe(1 << 27);
    expect(run([VQADD_S32_d0_d2_d4], state({}, { 1: high << 64n, 2: 1n << 64n })).fpscr).toBe(0);
  });
});

test('FPSR of AArch64 has N, Z, C and V, which are FPSCR\'s there', () => {
  const MSR_FPSR_x0 = 0xd51b_4420;
  const machine = new Machine(model);
  machine.state.CPACR_EL1 = 3n << 20n;
  machine.state.x[0] = 0xffff_ffffn;
  machine.run(MSR_FPSR_x0);
  expect(machine.state.FPSR).toBe(0xf800_009f);
});

describe('features', () => {
  const named = (insns: typeof a32): string[] => [...new Set(insns.flatMap(i => [i.feature ?? []].flat()))];

  test('all that instructions of AArch32 need are known', () => {
    expect([...named(a32), ...named(t32)].filter(name => !features.has(name))).toEqual([]);
  });

  test.each(['cortex-a57', 'max'] as const)('%s has the instructions of its features', name => {
    const present = cpuModels[name].features;
    const has = decoder(a32, { features: feature => present.has(feature) });
    // VADD.F16, VQRDMLAH, VSDOT, VCADD, VJCVT, VFMAL, VDOT.BF16, AESE.
    const words = [0xee30_0901, 0xf320_0b11, 0xfc20_0d01, 0xfc90_0801, 0xeeb9_0bc1, 0xfc20_0811, 0xfc00_0d01, 0xf3b0_0300];
    expect(words.map(word => has.decode(word) !== undefined)).toEqual(words.map((_, i) => name === 'max' || i === 7));
  });
});
