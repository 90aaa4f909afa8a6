/** SVE around its instructions: traps, ZCR_EL1, identification, with and without it. Instructions are in test/golden. */
import { describe, expect, test } from 'vitest';
import { cpuModel } from '../../../src/guest/aarch64/index.ts';
import { FFR } from '../../../src/guest/aarch64/state.ts';
import { Machine, RAM } from './machine.ts';

const PTRUE = 0x2518_e3e0; // ptrue p0.b
const CNTB = 0x0420_e3e0; // cntb x0
const MRS_ZCR = 0xd538_1200; // mrs x0, zcr_el1
const MSR_ZCR = 0xd518_1200; // msr zcr_el1, x0
const ADD = 0x4e20_8400; // add v0.16b, v0.16b, v0.16b
const EL0t = 0;
const EL1h = 5;
const IL = 0x0200_0000;
const SVE_TRAP = (0x19 << 26) | IL;
const FP_TRAP = ((0x07 << 26) | IL | (1 << 24) | (0xe << 20)) >>> 0;
const UNDEFINED = IL;

const withSVE = cpuModel('max', { sve: true });

/** ESR_EL1 after the word, 0 where nothing was taken. */
function esr(word: number, { pstate = EL1h, ZEN = 3, FPEN = 3, model = withSVE } = {}): number {
  const m = new Machine(model);
  m.state.VBAR_EL1 = BigInt(RAM) + 0x8000n;
  m.state.CPACR_EL1 = (BigInt(ZEN) << 16n) | (BigInt(FPEN) << 20n);
  m.cpu.pstate = pstate;
  m.run(word);
  return Number(m.state.ESR_EL1);
}

describe('CheckSVEEnabled', () => {
  test('CPACR_EL1.ZEN traps EL0 and EL1 (0, 2) or EL0 alone (1)', () => {
    const traps = (pstate: number): number[] => [0, 1, 2, 3].map(ZEN => esr(PTRUE, { pstate, ZEN }));
    expect(traps(EL1h)).toEqual([SVE_TRAP, 0, SVE_TRAP, 0]);
    expect(traps(EL0t)).toEqual([SVE_TRAP, SVE_TRAP, SVE_TRAP, 0]);
  });

  test('then FPEN does, with the class of SIMD&FP', () => {
    expect([0, 1, 2, 3].map(FPEN => esr(CNTB, { pstate: EL0t, FPEN }))).toEqual([FP_TRAP, FP_TRAP, FP_TRAP, 0]);
    expect(esr(CNTB, { ZEN: 0, FPEN: 0 })).toBe(SVE_TRAP);
    expect(esr(ADD, { ZEN: 0 })).toBe(0);
  });

  test('without SVE its instructions are UNDEFINED, whatever CPACR_EL1 says', () => {
    const model = cpuModel('max', { sve: false });
    for (const word of [PTRUE, CNTB, MRS_ZCR, MSR_ZCR]) for (const ZEN of [0, 3]) expect(esr(word, { ZEN, model })).toBe(UNDEFINED);
  });

  test('a CPU whose decoder knows SVE may go without it', () => {
    const m = new Machine(withSVE);
    m.cpu.setModel(cpuModel('max', { sve: false }));
    m.state.VBAR_EL1 = BigInt(RAM) + 0x8000n;
    m.state.CPACR_EL1 = 0x33_0000n;
    m.run(PTRUE);
    expect(Number(m.state.ESR_EL1)).toBe(UNDEFINED);
  });
});

describe('ZCR_EL1', () => {
  test('LEN is read as it was written, and vectors have 128 bits, as CNTB and RDVL say', () => {
    const m = new Machine(withSVE);
    m.state.CPACR_EL1 = 0x33_0000n;
    m.state.x[0] = 0x1_003fn;
    for (const word of [MSR_ZCR, MRS_ZCR]) m.run(word);
    expect(m.state.x[0]).toBe(15n);
    m.run(CNTB);
    expect(m.state.x[0]).toBe(16n);
    m.run(0x04bf_5020); // rdvl x0, #1
    expect(m.state.x[0]).toBe(16n);
  });

  test('ZEN traps it at EL1, FPEN does not; at EL0 it is UNDEFINED', () => {
    expect([0, 1].map(ZEN => esr(MRS_ZCR, { ZEN, FPEN: 0 }))).toEqual([SVE_TRAP, 0]);
    expect(esr(MSR_ZCR, { ZEN: 2 })).toBe(SVE_TRAP);
    expect(esr(MRS_ZCR, { pstate: EL0t })).toBe(UNDEFINED);
  });

  test('CPACR_EL1.ZEN is there with SVE', () => {
    const written = (sve: boolean): bigint => {
      const m = new Machine(cpuModel('max', { sve }));
      m.state.x[0] = 0xffff_ffffn;
      m.run(0xd518_1040); // msr cpacr_el1, x0
      return m.state.CPACR_EL1;
    };
    expect([written(true), written(false)]).toEqual([0x33_0000n, 0x30_0000n]);
  });
});

describe('identification', () => {
  test('ID_AA64PFR0_EL1.SVE, and ID_AA64ZFR0_EL1 as Advanced SIMD has I8MM and BF16: the first version', () => {
    const of = (properties: Record<string, boolean>): bigint[] => {
      const { ID } = cpuModel('max', { sve: true, ...properties });
      return [(ID.ID_AA64PFR0_EL1! >> 32n) & 15n, ID.ID_AA64ZFR0_EL1!];
    };
    expect(of({})).toEqual([1n, 0x0000_1000_0010_0000n]);
    expect(of({ i8mm: false })).toEqual([1n, 0x0010_0000n]);
    expect(of({ sve: false })).toEqual([0n, 0n]);
    expect(of({ fp16: true, bf16: false })).toEqual([1n, 0x1000_0000_0000n]);
  });

  test('SVE needs half precision', () => {
    expect(() => cpuModel('max', { sve: true, fp16: false })).toThrow('sve=on needs fp16, which is off');
    expect(cpuModel('max', { fp16: false }).features.has('SVE')).toBe(false);
  });
});

test('reset clears predicates and FFR, as it does Z0 to Z31', () => {
  const m = new Machine(withSVE);
  m.state.p.fill(0xffff);
  m.state.v.fill(1n);
  m.cpu.reset();
  expect([m.state.p[0], m.state.p[FFR], m.state.v[63]]).toEqual([0, 0, 0n]);
});
