/** Instructions that raise on purpose, and those that may but don't: reference A2.10 to A2.12. */
import { describe, expect, test } from 'vitest';
import { PSTATE_I } from '../../src/guest/aarch64/pstate.ts';
import { Assembler, CNTKCTL_EL1, SP, word, XZR } from './assembler.ts';
import { CODE, DATA, FROM_EL0, FROM_EL1, Rig, reportingVectors, tiers, tookIrq, tookSync, VECTORS } from './rig.ts';

const IL = 1n << 25n;
const esr = (ec: number, iss = 0): bigint => (BigInt(ec) << 26n) | IL | BigInt(iss);
const ALWAYS = (1 << 24) | (0xe << 20);

interface Raising {
  readonly emit: (a: Assembler) => void;
  /** What the program comes back with: an exception's vector or an exit. */
  readonly comes: string;
  readonly syndrome?: bigint;
  /** The preferred return address, or for an exit PC, is behind the instruction. */
  readonly behind?: boolean;
  readonly EL0?: boolean;
  readonly noFP?: boolean;
}

const fromEL0 = `hvc ${0x1000 + FROM_EL0.sync}`;

const raising: Readonly<Record<string, Raising>> = {
  'SVC': { emit: a => a.svc(0x1234), comes: tookSync, syndrome: esr(0x15, 0x1234), behind: true },
  'SVC from EL0': { emit: a => a.svc(1), comes: fromEL0, syndrome: esr(0x15, 1), behind: true, EL0: true },
  'HVC': { emit: a => a.hvc(3), comes: 'hvc 3', behind: true },
  'SMC': { emit: a => a.smc(4), comes: 'smc 4', behind: true },
  'BRK': { emit: a => a.brk(5), comes: tookSync, syndrome: esr(0x3c, 5) },
  'UDF': { emit: a => a.udf(), comes: tookSync, syndrome: esr(0) },
  'a word that is no instruction': { emit: a => a.raw(0xffff_ffff), comes: tookSync, syndrome: esr(0) },
  'HVC from EL0': { emit: a => a.hvc(3), comes: fromEL0, syndrome: esr(0), EL0: true },
  'ERET from EL0': { emit: a => a.eret(), comes: fromEL0, syndrome: esr(0), EL0: true },
  'MSR DAIFClr from EL0': { emit: a => a.daifClr(2), comes: fromEL0, syndrome: esr(0x18, (3 << 14) | (7 << 17) | (4 << 10) | (31 << 5) | (2 << 1)), EL0: true },
  'MSR of an EL1 register from EL0': { emit: a => a.msr(CNTKCTL_EL1, 1), comes: fromEL0, syndrome: esr(0), EL0: true },
  'MSR of no register': { emit: a => a.msr([3, 7, 15, 15, 7], 1), comes: tookSync, syndrome: esr(0) },
  'SIMD&FP while it is off': { emit: a => a.fmovToV(0, 0), comes: tookSync, syndrome: esr(0x07, ALWAYS), noFP: true },
  'SIMD&FP load while it is off': { emit: a => a.ldrQ(0, 6), comes: tookSync, syndrome: esr(0x07, ALWAYS), noFP: true },
  'WFI': { emit: a => a.wfi(), comes: 'wfi', behind: true },
};

describe.each(tiers)('%s', (_name, tier) => {
  test.each(Object.entries(raising))('A2.10, A2.11: %s leaves at once, with the right return address', (_kind, how) => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    const before = new Assembler(CODE).add(0, 0, 1).str(0, 6).addsReg(2, 3, 4);
    const at = before.here;
    how.emit(before);
    const a = before.add(5, 5, 1).str(5, 6, 8).ldr(7, 8).b('next').label('next').hvc(0x99);
    for (let round = 0; round < 5; round++) {
      r.state.CPACR_EL1 = how.noFP ? 0n : 3n << 20n;
      r.cpu.guest.stateChanged();
      r.load(a).setX({ 0: 10, 2: 0, 3: -1, 4: 1, 5: 20, 6: DATA, 7: 0, 8: DATA });
      r.poke64(DATA, 0n);
      r.poke64(DATA + 8, 0n);
      r.state.nzcv = 0;
      // Stores from EL0 need a page that EL0 can write: there only registers are looked at.
      if (how.EL0) r.enterEL0(at);
      expect(r.toExit()).toBe(how.comes);
      const exception = how.syndrome !== undefined;
      expect(exception ? r.state.ELR_EL1 : r.state.pc).toBe(BigInt(how.behind ? at + 4 : at));
      if (exception) expect(r.state.ESR_EL1).toBe(how.syndrome);
      if (exception) expect(r.state.SPSR_EL1 & 0xfn).toBe(how.EL0 ? 0n : 5n);
      if (!how.EL0) {
        expect([r.x(0), r.x(2), r.peek64(DATA), r.state.nzcv]).toEqual([11n, 0n, 11n, 0x6000_0000]);
        if (exception) expect(r.state.SPSR_EL1 >> 28n).toBe(6n);
      }
      expect([r.x(5), r.peek64(DATA + 8), r.x(7)]).toEqual([20n, 0n, 0n]);
    }
  });

  test('A2.12: what usually raises and does not, goes on', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    const WFE = word('WFE');
    const a = new Assembler(CODE).wfi().add(0, 0, 1).wfi().add(0, 0, 1).raw(word('SEVL'), WFE).addsReg(2, 3, 4).mrs(1, CNTKCTL_EL1).msr(CNTKCTL_EL1, 5);
    a.add(0, 0, 1).svc(0).add(0, 0, 1).daifClr(2).add(0, 0, 1).hvc(1);
    const svc = new Assembler(VECTORS + FROM_EL1.sync).add(9, 9, 1).eret();
    r.load(svc, false);
    for (let round = 0; round < 5; round++) {
      r.load(a).enter(CODE, PSTATE_I).setX({ 0: 0, 2: 0, 3: -1, 4: 1, 5: 1, 9: 0 });
      r.state.nzcv = 0;
      r.raise();
      expect(r.toExit()).toBe(tookIrq);
      expect([r.x(0), r.x(2), r.x(9), r.state.nzcv]).toEqual([4n, 0n, 1n, 0x6000_0000]);
    }
  });

  test('A2.11: an exception return that is illegal sets PSTATE.IL: the next instruction is not executed', () => {
    const r = new Rig(tier);
    const a = new Assembler(CODE).label('back').add(0, 0, 1).cbnz(1, 'out').mov(1, 1).adr(4, 'back').msrNamed('ELR_EL1', 4).mov(4, 0x1f).msrNamed('SPSR_EL1', 4).eret();
    a.label('out').hvc(2);
    r.load(reportingVectors(), false);
    for (let round = 0; round < 5; round++) {
      r.load(a).setX({ 0: 0, 1: 0 });
      // The target has been executed already: it is known to every cache.
      expect(r.toExit()).toBe(tookSync);
      expect([r.x(0), r.state.ELR_EL1, r.state.ESR_EL1]).toEqual([1n, BigInt(CODE), esr(0x0e)]);
      expect((r.state.SPSR_EL1 >> 20n) & 1n).toBe(1n);
    }
  });

  test('A2.11: the stack pointer and the mode are the handler\'s in its first instruction', () => {
    const r = new Rig(tier);
    r.load(new Assembler(VECTORS + FROM_EL0.sync).stp(0, 1, SP, -16, 'pre').msr(CNTKCTL_EL1, XZR).hvc(5), false);
    const a = new Assembler(CODE).add(SP, SP, 16).svc(0);
    for (let round = 0; round < 5; round++) {
      r.load(a).setX({ 0: 1, 1: 2, 32: DATA + 0x100 });
      r.enterEL0(CODE);
      r.setX({ 32: 0x1000 });
      expect(r.toExit()).toBe('hvc 5');
      expect([r.x(32), r.state.spBank[0], r.peek64(DATA + 0xf0)]).toEqual([BigInt(DATA + 0xf0), 0x1010n, 1n]);
    }
  });
});
