/** Pointer authentication, branch target identification and SP alignment: ARM DDI 0487, D8.8, D8.4.8, D1.8.2. */
import { describe, expect, test } from 'vitest';
import { cpuModel, type CpuModel } from '../../src/guest/aarch64/index.ts';
import { without } from '../../src/guest/aarch64/model/model.ts';
import { QARMA5 } from '../../src/guest/aarch64/pauth/qarma.ts';
import { Assembler, SP, word } from './assembler.ts';
import { CODE, DATA, PAGE_ATTRIBUTES, reportingVectors, Rig, tiers, tookSync } from './rig.ts';

const SCTLR_EnIA = 1n << 31n;
const SCTLR_EnDB = 1n << 13n;
const SCTLR_BT1 = 1n << 36n;
const SCTLR_SA = 1n << 3n;
const GP = 1n << 50n;
const GUARDED = CODE + 0x2000;
const IL = 1n << 25n;
/** Of Armv8.3: what fails gets an error code. */
const plain = cpuModel('max', { epac: false, pauth2: false });
const pac = (aut: number, key: number, Rd: number, Rn: number): number => word('PAC*/AUT*', { Z: 0, aut, key, Rn, Rd });
const hint = (n: number): number => 0xd503201f | (n << 5);
const PACIASP = hint(25);
const [BTI, BTI_C, BTI_J, BTI_JC] = [32, 34, 36, 38].map(hint) as [number, number, number, number];

test('QARMA5: R. Avanzi, "The QARMA Block Cipher Family", QARMA-64 with sigma 2 and five rounds', () => {
  const key = { high: 0x84be85ce9804e94bn, low: 0xec2802d4e0a488e9n };
  expect(QARMA5(0xfb623599da6e8127n, 0x477d469dec0b8762n, key)).toBe(0xc003b93999b33765n);
});

describe.each(tiers)('%s', (_name, tier) => {
  function start(controls: bigint, model = plain): Rig {
    const rig = new Rig({ ...tier, model }).load(reportingVectors(), false);
    rig.state.SCTLR_EL1 |= controls;
    rig.map(GUARDED, BigInt(GUARDED) | PAGE_ATTRIBUTES | GP);
    rig.state.APKeyLow[0] = 0xec2802d4e0a488e9n;
    rig.state.APKeyHigh[0] = 0x84be85ce9804e94bn;
    rig.cpu.guest.stateChanged();
    return rig;
  }

  test('what was signed is authenticated with its key and modifier, again and again; anything else gets an error code', () => {
    const rig = start(SCTLR_EnIA);
    // x0: signed, x2: authenticated, x3: with another modifier; then with another key, and with the first again.
    const a = new Assembler(CODE).raw(pac(0, 0, 0, 1)).add(2, 0, 0).raw(pac(1, 0, 2, 1)).add(3, 0, 0).raw(pac(1, 0, 3, 4)).hvc(1);
    rig.load(a);
    const run = (): bigint[] => {
      rig.enter(CODE).setX({ 0: DATA, 1: 0x1000, 4: 0x2000 });
      expect(rig.toExit()).toBe('hvc 1');
      return [rig.x(0), rig.x(2), rig.x(3)];
    };
    const first = run();
    const code = QARMA5(BigInt(DATA), 0x1000n, { high: 0x84be85ce9804e94bn, low: 0xec2802d4e0a488e9n });
    expect(first).toEqual([BigInt(DATA) | (code & field), BigInt(DATA), BigInt(DATA) | (1n << 61n)]);
    for (let i = 0; i < 5; i++) expect(run()).toEqual(first);
    rig.state.APKeyLow[0] = 1n;
    rig.cpu.guest.pauth.changed();
    const other = run();
    expect(other).not.toEqual(first);
    expect(other[1]).toBe(BigInt(DATA));
    rig.state.APKeyLow[0] = 0xec2802d4e0a488e9n;
    rig.cpu.guest.pauth.changed();
    expect(run()).toEqual(first);
  });

  const field = 0xff7f_ff80_0000_0000n;
  const codeOf = (pointer: bigint, modifier = 0x1000n): bigint => QARMA5(pointer, modifier, { high: 0x84be85ce9804e94bn, low: 0xec2802d4e0a488e9n }) & field;
  const P = BigInt(DATA);
  const odd = P | (5n << 40n);

  test('what is signed and is no canonical pointer: a wrong code, with FEAT_EPAC none, with FEAT_PAuth2 one over what is there', () => {
    const signed = (model: CpuModel, pointer: bigint): bigint => {
      const rig = start(SCTLR_EnIA, model).load(new Assembler(CODE).raw(pac(0, 0, 0, 1)).hvc(1)).setX({ 0: pointer, 1: 0x1000 });
      expect(rig.toExit()).toBe('hvc 1');
      return rig.x(0);
    };
    const models = { plain, epac: cpuModel('max', { epac: true, pauth2: false }), pauth2: cpuModel('max', { fpac: false }) };
    expect(signed(models.plain, odd)).toBe((codeOf(P) ^ (1n << 62n)) | P);
    expect(signed(models.epac, odd)).toBe(P);
    expect(signed(models.pauth2, odd)).toBe(codeOf(P) ^ odd);
    for (const model of Object.values(models)) expect(signed(model, P)).toBe(codeOf(P) | P);
    // In the upper half the code inverts ones.
    const upper = P | 0xffff_ff80_0000_0000n;
    expect(signed(models.pauth2, upper)).toBe(upper ^ codeOf(upper));
    expect(signed(models.plain, upper)).toBe((upper & ~field) | codeOf(upper));
  });

  test('what fails with FEAT_PAuth2 keeps the difference of the codes; with FEAT_FPAC it faults and changes nothing', () => {
    const wrong = codeOf(P, 0x2000n) | P;
    const a = new Assembler(CODE).raw(pac(1, 0, 0, 1)).hvc(1);
    const rig = start(SCTLR_EnIA, cpuModel('max', { fpac: false })).load(a).setX({ 0: wrong, 1: 0x1000 });
    expect(rig.toExit()).toBe('hvc 1');
    expect(rig.x(0)).toBe(P | (codeOf(P) ^ codeOf(P, 0x2000n)));
    const faulting = start(SCTLR_EnIA | SCTLR_EnDB, cpuModel('max', { fpaccombine: false }));
    for (const [key, right] of [[0, codeOf(P) | P], [3, undefined]] as const) {
      faulting.load(new Assembler(CODE).raw(pac(1, key, 0, 1)).hvc(1));
      for (let round = 0; round < 4; round++) {
        faulting.enter(CODE).setX({ 0: wrong, 1: 0x1000 });
        expect(faulting.toExit()).toBe(tookSync);
        expect([faulting.state.ESR_EL1, faulting.state.ELR_EL1, faulting.x(0)]).toEqual([(0x1cn << 26n) | IL | BigInt(key), BigInt(CODE), wrong]);
        if (right === undefined) continue;
        faulting.enter(CODE).setX({ 0: right, 1: 0x1000 });
        expect([faulting.toExit(), faulting.x(0)]).toEqual(['hvc 1', P]);
      }
    }
  });

  test('RETAA, BRAA and LDRAA fault themselves with FEAT_FPACCOMBINE alone', () => {
    const wrong = codeOf(P, 0x2000n) | P;
    const words = [
      word('RETAA/RETAB', { B: 0 }), word('BRAA/BLRAA', { Z: 1, L: 0, B: 0, Rn: 30, Rm: 0 }), word('BRAA/BLRAA', { Z: 1, L: 1, B: 0, Rn: 30, Rm: 0 }),
      word('ERETAA/ERETAB', { B: 0 }), word('LDRAA/LDRAB', { B: 0, S: 0, imm9: 0, W: 0, Rn: 30, Rt: 5 }),
    ];
    for (const [model, combined] of [[cpuModel('max', { fpaccombine: false }), false], [cpuModel('max'), true]] as const) {
      const rig = start(SCTLR_EnIA | (1n << 27n), model);
      words.forEach((w, n) => {
        rig.load(new Assembler(CODE).raw(w)).setX({ 30: wrong, 0: 0x1000 });
        rig.state.x[32] = 0x1000n;
        rig.state.ELR_EL1 = wrong;
        expect(rig.toExit()).toBe(tookSync);
        const key = n === 4 ? 2n : 0n;
        if (combined) expect([n, rig.state.ESR_EL1, rig.state.ELR_EL1]).toEqual([n, (0x1cn << 26n) | IL | key, BigInt(CODE)]);
        else expect([n, rig.state.ESR_EL1 >> 26n]).toEqual([n, n === 4 ? 0x25n : 0x21n]);
      });
    }
  });

  test('a CPU of the machine that goes without it: UNDEFINED, and hints do nothing', () => {
    const rig = start(SCTLR_EnIA);
    const { guest } = rig.cpu;
    const names = ['PAuth', 'PACQARMA5', 'PACIMP', 'EPAC', 'PAuth2', 'FPAC', 'FPACCOMBINE'];
    const words = [
      pac(0, 0, 0, 1), pac(1, 3, 0, 1), word('XPACI/XPACD', { D: 0, Rd: 0 }), word('PACGA', { Rm: 1, Rn: 1, Rd: 0 }), word('RETAA/RETAB', { B: 0 }),
      word('BRAA/BLRAA', { Z: 1, L: 1, B: 0, Rn: 30, Rm: 0 }), word('ERETAA/ERETAB', { B: 1 }), word('LDRAA/LDRAB', { B: 0, S: 0, imm9: 0, W: 0, Rn: 30, Rt: 5 }),
      new Assembler(0).mrs(0, [3, 0, 2, 1, 0]).words()[0]!,
    ];
    const came = (w: number): readonly [string, bigint] => {
      rig.load(new Assembler(CODE).raw(w).hvc(1)).setX({ 0: DATA, 1: 1, 30: CODE + 4 });
      rig.state.ESR_EL1 = 0n;
      Object.assign(rig.state, { ELR_EL1: BigInt(CODE + 4), SPSR_EL1: 5n });
      return [rig.toExit(), rig.state.ESR_EL1];
    };
    const there = guest.model;
    for (const w of words) expect(came(w)[1]).not.toBe(IL);
    guest.setModel(without(there, new Set(names)));
    guest.stateChanged();
    for (const w of words) expect(came(w)).toEqual([tookSync, IL]);
    // What SCTLR_EL1 had is not to be had by such a CPU: its keys are off.
    rig.state.SCTLR_EL1 &= ~SCTLR_EnIA;
    guest.stateChanged();
    expect([came(PACIASP), rig.x(30)]).toEqual([['hvc 1', 0n], BigInt(CODE + 4)]);
    guest.setModel(there);
    guest.stateChanged();
    expect(came(words[2]!)[0]).toBe('hvc 1');
  });

  test('a disabled key leaves pointers alone', () => {
    const rig = start(SCTLR_EnDB).load(new Assembler(CODE).raw(pac(0, 0, 0, 1), pac(0, 3, 2, 1)).hvc(1)).setX({ 0: DATA, 1: 1, 2: DATA });
    expect(rig.toExit()).toBe('hvc 1');
    expect(rig.x(0)).toBe(BigInt(DATA));
    expect(rig.x(2)).not.toBe(BigInt(DATA));
  });

  /** What a landing place answers to BR of X16, BLR, and BR of another register from a guarded page: types 1, 2, 3. */
  test.each<[name: string, landing: number, allowed: readonly number[], controls?: bigint]>([
    ['BTI', BTI, []],
    ['BTI c', BTI_C, [1, 2]],
    ['BTI j', BTI_J, [1, 3]],
    ['BTI jc', BTI_JC, [1, 2, 3]],
    ['PACIASP', PACIASP, [1, 2, 3]],
    ['PACIASP with SCTLR_EL1.BT1', PACIASP, [1, 2], SCTLR_BT1],
    ['any other instruction', hint(0), []],
  ])('branches to %s', (_title, landing, allowed, controls = 0n) => {
    for (const [type, branch] of [[1, (a: Assembler) => a.br(16)], [2, (a: Assembler) => a.blr(1)], [3, (a: Assembler) => a.br(1)]] as const) {
      const rig = start(controls);
      const a = new Assembler(GUARDED).raw(BTI_JC);
      branch(a);
      rig.load(a.org(GUARDED + 0x100).raw(landing).hvc(7)).setX({ 1: GUARDED + 0x100, 16: GUARDED + 0x100 });
      const came = rig.toExit();
      expect([type, came]).toEqual([type, allowed.includes(type) ? 'hvc 7' : tookSync]);
      if (allowed.includes(type)) continue;
      expect(rig.state.ESR_EL1).toBe((0x0dn << 26n) | IL | BigInt(type));
      expect(rig.state.ELR_EL1).toBe(BigInt(GUARDED + 0x100));
      expect((rig.state.SPSR_EL1 >> 10n) & 3n).toBe(BigInt(type));
      expect((rig.cpu.guest.pstate >>> 10) & 3).toBe(0);
    }
  });

  test('direct branches and pages that are not guarded ask for no landing place; BR from those is of type 1', () => {
    const rig = start(0n);
    rig.load(new Assembler(GUARDED).hvc(7), false);
    rig.load(new Assembler(GUARDED + 0x100).raw(BTI_C).hvc(8), false);
    rig.load(new Assembler(CODE).adr(1, 'next').br(1).label('next').nop().raw(0x1400_0000 | ((GUARDED - CODE) / 4 - 4)));
    expect(rig.toExit()).toBe('hvc 7');
    rig.load(new Assembler(CODE).br(1)).setX({ 1: GUARDED + 0x100 });
    expect(rig.toExit()).toBe('hvc 8');
  });

  test('a misaligned SP faults as a base register where SCTLR_EL1.SA is set, before the access', () => {
    for (const emit of [(a: Assembler) => a.ldr(0, SP), (a: Assembler) => a.stp(0, 1, SP, -16, 'pre'), (a: Assembler) => a.ldrQ(0, SP)]) {
      const a = new Assembler(CODE);
      emit(a);
      a.hvc(1);
      const faulting = start(SCTLR_SA).load(a);
      faulting.state.x[32] = BigInt(DATA + 8);
      expect(faulting.toExit()).toBe(tookSync);
      expect(faulting.state.ESR_EL1).toBe((0x26n << 26n) | IL);
      expect(faulting.state.ELR_EL1).toBe(BigInt(CODE));
      expect(faulting.state.x[32]).toBe(BigInt(DATA + 8));
      for (const [controls, sp] of [[0n, DATA + 8], [SCTLR_SA, DATA + 16]] as const) {
        const rig = start(controls).load(a);
        rig.state.x[32] = BigInt(sp);
        expect(rig.toExit()).toBe('hvc 1');
      }
    }
  });

  test('SP is asked again after it was moved by what is no multiple of 16', () => {
    const a = new Assembler(CODE).ldr(0, SP).sub(SP, SP, 32).ldr(0, SP).sub(SP, SP, 8).ldr(0, SP).hvc(1);
    const rig = start(SCTLR_SA).load(a);
    rig.state.x[32] = BigInt(DATA + 64);
    expect(rig.toExit()).toBe(tookSync);
    expect(rig.state.ELR_EL1).toBe(BigInt(CODE + 16));
  });
});
