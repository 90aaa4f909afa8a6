/**
 * PSTATE over exceptions and returns, and the checks of stack pointer and PC that go with it (ARM DDI 0487, D1.3, D1.8.2, J1.1
 * AArch64.TakeException, SetPSTATEFromPSR), on the reference and every tier.
 */
import { describe, expect, test } from 'vitest';
import { cpuModels } from '../../src/guest/aarch64/index.ts';
import { EC, ExceptionEvent, takeException } from '../../src/guest/aarch64/exception.ts';
import { Assembler, word } from './assembler.ts';
import { CODE, DATA, FROM_EL0, HOLE, PAGE_ATTRIBUTES, Rig, reportingVectors, tiers, tookSync } from './rig.ts';
import { present, subjects, type Subject } from './subjects.ts';

const [EL0t, EL1t, EL1h] = [0, 4, 5];
const [BTYPE, SSBS, IL, SS, PAN, UAO, DIT] = [3 << 10, 1 << 12, 1 << 20, 1 << 21, 1 << 22, 1 << 23, 1 << 24];
const DAIF = 0x3c0;
const NZCV = 0xf000_0000;
const SCTLR_SPAN = 1n << 23n;
const SCTLR_DSSBS = 1n << 44n;
const SVC = word('SVC', { imm16: 0 });
const ERET = word('ERET');
const ESR_IL = 1n << 25n;
const AP_EL0 = 1n << 6n;

function set(s: Subject, bits: bigint, on: boolean): void {
  s.cpu.state.SCTLR_EL1 = on ? s.cpu.state.SCTLR_EL1 | bits : s.cpu.state.SCTLR_EL1 & ~bits;
  s.cpu.stateChanged();
}

test('IL is 1 in ESR_EL1 of every class of exception: A64 instructions have 32 bits', () => {
  const { cpu } = (subjects[0]!)[1]();
  for (const ec of Object.values(EC)) {
    takeException(cpu, new ExceptionEvent(ec, 0), 0n);
    expect([ec, cpu.state.ESR_EL1 & ESR_IL]).toEqual([ec, ESR_IL]);
  }
  cpu.pendSError(0);
  cpu.pstate = EL1h;
  expect([cpu.takeInterrupt(), cpu.state.ESR_EL1]).toEqual([true, (0x2fn << 26n) | ESR_IL]);
});

describe.each(subjects)('%s', (_name, make) => {
  /** What SVC saves, and what PSTATE is then, but for NZCV. */
  function entered(s: Subject, pstate: number): readonly [SPSR: number, PSTATE: number] {
    s.run(SVC, pstate);
    return [Number(s.cpu.state.SPSR_EL1), s.cpu.pstate & ~NZCV];
  }

  test('what an exception saves is PSTATE; what it leaves: PAN by SPAN, SSBS by DSSBS, DIT as it was, UAO 0, DAIF all', () => {
    const s = make();
    // No step is enabled, which is what lets SS stand there; SVC saves no BTYPE.
    for (const [bits, left] of [[0, 0], [DIT, DIT], [UAO, 0], [PAN, PAN], [SSBS, 0], [SS, 0], [BTYPE, 0], [DIT | UAO | PAN | SSBS | DAIF | NZCV, DIT | PAN]] as const) {
      for (const mode of [EL0t, EL1t, EL1h]) {
        const saved = (((bits & ~BTYPE) | mode) >>> 0);
        set(s, SCTLR_SPAN, true);
        set(s, SCTLR_DSSBS, false);
        expect(entered(s, bits | mode)).toEqual([saved, left | DAIF | EL1h]);
        set(s, SCTLR_SPAN, false);
        set(s, SCTLR_DSSBS, true);
        expect(entered(s, bits | mode)).toEqual([saved, left | PAN | SSBS | DAIF | EL1h]);
      }
    }
  });

  test('a CPU without them has none of them, whatever SCTLR_EL1 and SPSR_EL1 hold', () => {
    const s = make(cpuModels['cortex-a57']);
    set(s, SCTLR_SPAN, false);
    set(s, SCTLR_DSSBS, true);
    expect(entered(s, DIT | UAO | PAN | SSBS | BTYPE | NZCV | EL1h)).toEqual([(NZCV | EL1h) >>> 0, DAIF | EL1h]);
    Object.assign(s.cpu.state, { SPSR_EL1: BigInt(DIT | UAO | PAN | SSBS | BTYPE | EL1t), ELR_EL1: BigInt(CODE + 4) });
    s.run(ERET);
    expect(s.cpu.pstate & ~DAIF & ~1).toBe(EL1t);
  });

  test('a return sets all that is in SPSR_EL1; from a return that is illegal the mode stays and IL is set', () => {
    const s = make();
    // What the HVC at the target finds, or for an illegal return the exception saves.
    const after = (SPSR: number): number => {
      Object.assign(s.cpu.state, { SPSR_EL1: BigInt(SPSR >>> 0), ELR_EL1: BigInt(CODE + 4) });
      const fault = s.run(ERET);
      return fault ? Number(s.cpu.state.SPSR_EL1) : s.cpu.pstate;
    };
    for (const bit of [DIT, UAO, PAN, SSBS, NZCV, 0x40, 0x80, 0x100, 0x200]) expect(after(bit | EL1h)).toBe((bit | EL1h) >>> 0);
    // EL2, EL3, modes of AArch32 but User, EL0h, M[1]: of an illegal one the reference is asked behind the return.
    for (const mode of [9, 0xd, 0x11, 0x1f, 1, 6]) {
      Object.assign(s.cpu.state, { SPSR_EL1: BigInt((NZCV | PAN | DAIF | mode) >>> 0), ELR_EL1: BigInt(CODE + 4) });
      s.run(ERET);
      const now = s.cpu.state.ESR_EL1 >> 26n === 0x0en ? Number(s.cpu.state.SPSR_EL1) : s.cpu.pstate;
      expect([mode, now]).toEqual([mode, (NZCV | PAN | DAIF | IL | EL1h) >>> 0]);
      s.cpu.state.ESR_EL1 = 0n;
    }
  });

  test('PAN and UAO: whose rights LDR and LDTR have', () => {
    const s = make();
    const LDR = word('LDR/STR (unsigned offset)', { size: 3, opc: 1, imm12: 0, Rn: 1, Rt: 2 });
    const LDTR = word('LDTR/STTR', { size: 3, opc: 1, imm9: 0, Rn: 1, Rt: 2 });
    s.cpu.state.x[1] = BigInt(HOLE);
    const refused = { esr: 0x9600_000f, far: BigInt(HOLE) };
    const outcomes = (): unknown[] => [0, PAN, UAO, PAN | UAO].flatMap(bits => [s.run(LDR, bits | EL1h), s.run(LDTR, bits | EL1h)]);
    s.map(HOLE, present(HOLE));
    expect(outcomes()).toEqual([undefined, refused, undefined, refused, undefined, undefined, undefined, undefined]);
    s.map(HOLE, present(HOLE) | AP_EL0);
    expect(outcomes()).toEqual([undefined, undefined, refused, undefined, undefined, undefined, refused, refused]);
  });

  test.each([['EL1h', EL1h, 3n], ['EL1t', EL1t, 3n], ['EL0', EL0t, 4n]] as const)('a misaligned SP as a base register at %s, by SA and SA0', (_mode, mode, bit) => {
    const s = make();
    s.map(DATA, (BigInt(DATA) | PAGE_ATTRIBUTES) | AP_EL0);
    const bases = [
      word('LDR/STR (unsigned offset)', { size: 3, opc: 1, imm12: 0, Rn: 31, Rt: 2 }), word('LDR/STR (unsigned offset)', { size: 0, opc: 0, imm12: 1, Rn: 31, Rt: 2 }),
      word('LDP/STP', { sf: 1, index: 2, L: 0, imm7: 0, Rt2: 3, Rn: 31, Rt: 2 }), word('LDXR/LDAXR', { size: 2, Rs: 31, o0: 0, Rt2: 31, Rn: 31, Rt: 2 }),
      word('LD<OP>/ST<OP>', { size: 0, Rs: 4, opc: 0, Rn: 31, Rt: 2 }), word('LD1-LD4/ST1-ST4 (multiple structures)', { Q: 1, L: 1, opcode: 7, size: 0, Rn: 31, Rt: 0 }),
    ];
    const SA = [3n, 4n].map(b => 1n << b);
    const at = (address: number, w: number): unknown => {
      s.cpu.pstate = mode;
      s.cpu.state.x[32] = BigInt(address);
      return s.run(w, mode)?.esr;
    };
    const fault = ((0x26 << 26) | Number(ESR_IL)) >>> 0;
    const own = 1n << bit;
    for (const w of bases) {
      set(s, SA[0]! | SA[1]!, false);
      expect(at(DATA + 8, w)).toBeUndefined();
      set(s, SA[0]! === own ? SA[1]! : SA[0]!, true);
      expect(at(DATA + 8, w)).toBeUndefined();
      set(s, own, true);
      expect([at(DATA + 8, w), at(DATA + 4, w), at(DATA + 16, w)]).toEqual([fault, fault, undefined]);
    }
    // A prefetch has no base that is checked; neither has arithmetic.
    expect(at(DATA + 8, word('PRFM (immediate)', { imm12: 0, Rn: 31, Rt: 0 }))).toBeUndefined();
    expect(at(DATA + 8, word('ADD/SUB (immediate)', { sf: 1, op: 0, S: 0, imm12: 0, Rn: 31, Rd: 2 }))).toBeUndefined();
  });
});

describe.each(tiers)('%s', (_name, tier) => {
  const fresh = (): Rig => new Rig(tier).load(reportingVectors(), false);
  const PC_ALIGNMENT = (0x22n << 26n) | ESR_IL;
  const left = (r: Rig): readonly bigint[] => [r.state.ESR_EL1, r.state.ELR_EL1, r.state.FAR_EL1];

  test('a misaligned PC, from EL0 and EL1, by BR, BLR, RET and ERET: ELR_EL1 and FAR_EL1 are the PC', () => {
    for (const to of [CODE + 0x41, CODE + 0x42, HOLE + 3]) {
      for (const emit of [(a: Assembler) => a.br(1), (a: Assembler) => a.blr(1), (a: Assembler) => a.ret()]) {
        for (const EL0 of [false, true]) {
          const r = fresh().load(emit(new Assembler(CODE))).setX({ 1: to, 30: to });
          if (EL0) r.enterEL0(CODE);
          expect(r.toExit()).toBe(EL0 ? `hvc ${0x1000 + FROM_EL0.sync}` : tookSync);
          expect(left(r)).toEqual([PC_ALIGNMENT, BigInt(to), BigInt(to)]);
        }
      }
      const r = fresh().load(new Assembler(CODE).eret());
      Object.assign(r.state, { ELR_EL1: BigInt(to), SPSR_EL1: 0n });
      expect(r.toExit()).toBe(`hvc ${0x1000 + FROM_EL0.sync}`);
      expect(left(r)).toEqual([PC_ALIGNMENT, BigInt(to), BigInt(to)]);
      // It goes before the illegal state, which is saved with it.
      Object.assign(r.state, { ELR_EL1: BigInt(to), SPSR_EL1: 0x1fn });
      expect([r.enter(CODE).toExit(), ...left(r), r.state.SPSR_EL1 & BigInt(IL)]).toEqual([tookSync, PC_ALIGNMENT, BigInt(to), BigInt(to), BigInt(IL)]);
    }
  });

  test('IRQ and BRK save BTYPE of the branch that led to them; SVC, UDF and aborts save none, and returning goes on', () => {
    const GP = 1n << 50n;
    for (const [target, saved] of [[word('BRK', { imm16: 0 }), 1n], [SVC, 0n], [word('UDF', { imm16: 0 }), 0n], [word('LDR/STR (unsigned offset)', { size: 3, opc: 1, imm12: 0, Rn: 3, Rt: 4 }), 0n]] as const) {
      for (const guarded of [false, true]) {
        const r = fresh();
        r.map(CODE + 0x1000, BigInt(CODE + 0x1000) | PAGE_ATTRIBUTES | (guarded ? GP : 0n));
        r.cpu.flushTlb();
        // In a guarded page only a landing place may be branched to; what comes behind it has no BTYPE.
        const at = CODE + 0x1000 + (guarded && saved === 0n ? 4 : 0);
        r.load(new Assembler(CODE + 0x1000).raw(...(guarded && saved === 0n ? [0xd503_249f] : []), target).hvc(9), false);
        r.load(new Assembler(CODE).br(16)).setX({ 16: CODE + 0x1000, 3: HOLE });
        expect(r.toExit()).toBe(tookSync);
        expect([r.state.ELR_EL1, (r.state.SPSR_EL1 >> 10n) & 3n]).toEqual([BigInt(target === SVC ? at + 4 : at), saved]);
      }
    }
    const r = fresh();
    r.load(new Assembler(CODE + 0x1000).label('x').b('x'), false);
    r.load(new Assembler(CODE).br(16)).setX({ 16: CODE + 0x1000 });
    r.step(1);
    r.raise();
    r.cpu.setBudget(0);
    expect(r.toExit()).toBe(`hvc ${0x1000 + 0x280}`);
    expect([r.state.ELR_EL1, (r.state.SPSR_EL1 >> 10n) & 3n]).toEqual([BigInt(CODE + 0x1000), 1n]);
  });

  test('TBI and TBID: a tag in a target is dropped, or with TBID makes the fetch fault; data may have one either way', () => {
    const TBI0 = 1n << 37n;
    const TBID0 = 1n << 51n;
    const tagged = (0x5an << 56n) | BigInt(CODE + 0x100);
    const data = (0xa5n << 56n) | BigInt(DATA);
    for (const [emit, links] of [[(a: Assembler) => a.br(1), false], [(a: Assembler) => a.blr(1), true], [(a: Assembler) => a.ret(), false], [(a: Assembler) => a.eret(), false]] as const) {
      for (const TBID of [0n, TBID0]) {
        const r = fresh();
        r.state.TCR_EL1 |= TBI0 | TBID;
        r.cpu.guest.stateChanged();
        // The target says where it thinks that it is.
        r.load(new Assembler(CODE + 0x100).raw(word('ADR/ADRP', { op: 0, immlo: 0, immhi: 0, Rd: 6 })).hvc(3), false);
        r.poke64(DATA, 77n);
        r.load(emit(new Assembler(CODE).ldr(5, 2))).setX({ 1: tagged, 2: data, 30: tagged });
        Object.assign(r.state, { ELR_EL1: tagged, SPSR_EL1: BigInt(EL1h) });
        const exit = r.toExit();
        expect(r.x(5)).toBe(77n);
        if (links) expect(r.x(30)).toBe(BigInt(CODE + 8));
        if (TBID) expect([exit, ...left(r)]).toEqual([tookSync, (0x21n << 26n) | ESR_IL | 4n, tagged, tagged]);
        else expect([exit, r.x(6)]).toEqual(['hvc 3', BigInt(CODE + 0x100)]);
      }
    }
  });
});

