/** Breakpoints and software step of the guest's own (DDI 0487, D2.8 and D2.12), and what they cost. */
import { describe, expect, it } from 'vitest';
import { noOuterDebug } from '../../src/guest/aarch64/debug/unit.ts';
import { Assembler, NE } from './assembler.ts';
import { CODE, DATA, DEVICE, FROM_EL0, Rig, reportingVectors, tiers, tookIrq, tookSync, VECTORS } from './rig.ts';

const KDE = 1n << 13n;
const MDE = 1n << 15n;
const SS = 1n;
const BCR = 0x1e7n;
const DAIF_D = 0x200;
const DAIF = 0x3c0;
const PSTATE_SS = 1 << 21;
const BREAKPOINT = 0xc600_0022n; // EC 0x31
const STEP = 0xce00_0022n; // EC 0x33
const ISV = 1n << 24n;
const EX = 1n << 6n;
const RW = 0x403n;
/** A page of code apart. */
const FAR_CODE = CODE + 0x5000;

interface Set { readonly MDSCR?: bigint; readonly BVR?: Record<number, bigint | number>; readonly BCR?: Record<number, bigint> }

function set(rig: Rig, { MDSCR = MDE | KDE, BVR = {}, BCR: control = {} }: Set): void {
  const { state, cpu: { guest } } = rig;
  state.MDSCR_EL1 = MDSCR;
  state.OSLSR_EL1 = 8n;
  state.DBGBCR.fill(0n);
  for (const [n, value] of Object.entries(BVR)) {
    state.DBGBVR[Number(n)] = BigInt(value);
    state.DBGBCR[Number(n)] = control[Number(n)] ?? BCR;
  }
  guest.debug.update();
}

for (const [name, tier] of tiers) {
  describe(name, () => {
    const make = (): Rig => new Rig(tier).load(reportingVectors(), false);
    /** X5 times round, X0 and X1 are counted up. */
    const loop = new Assembler(CODE).label('again').add(0, 0, 1).label('middle').add(1, 1, 1).subs(5, 5, 1).bCond(NE, 'again').hvc(1);

    it('A5.16 a breakpoint is hit each time round, in code that is hot and linked already', () => {
      const rig = make();
      rig.load(loop).setX({ 5: 200 });
      expect(rig.toExit()).toBe('hvc 1');
      rig.enter(CODE).setX({ 0: 0, 1: 0, 5: 50 });
      for (let round = 1; round <= 50; round++) {
        set(rig, { BVR: { 3: loop.at('middle') } });
        expect([round, rig.toExit(), rig.x(0), rig.x(1)]).toEqual([round, tookSync, BigInt(round), BigInt(round - 1)]);
        expect([rig.state.ESR_EL1, Number(rig.state.ELR_EL1)]).toEqual([BREAKPOINT, loop.at('middle')]);
        // Over it: the handler would step.
        set(rig, {});
        rig.enter(loop.at('middle'));
        rig.step(1);
        rig.cpu.setBudget(0);
      }
      expect([rig.toExit(), rig.x(0), rig.x(1)]).toEqual(['hvc 1', 50n, 50n]);
    });

    it('A5.16 set by the program itself in front of itself, behind MSR and ISB', () => {
      const rig = make();
      const a = new Assembler(CODE).mov(5, 100).label('again').adr(1, 'here').mov(2, BCR).msr([2, 0, 0, 0, 4], 1).msr([2, 0, 0, 0, 5], 2).isb()
        .add(3, 3, 1).label('here').hvc(7);
      set(rig, {});
      rig.load(a);
      expect(rig.toExit()).toBe(tookSync);
      expect([rig.x(3), Number(rig.state.ELR_EL1)]).toEqual([1n, a.at('here')]);
    });

    it('D2.8 PMC, BAS, HMC and SSC, masks; linked to a context, and any address in a context', () => {
      const rig = make();
      rig.load(loop);
      const hits = (what: Set, { CONTEXTIDR = 7n, daif = 0 } = {}): boolean => {
        rig.enter(CODE, daif).setX({ 5: 3 });
        rig.state.CONTEXTIDR_EL1 = CONTEXTIDR;
        set(rig, what);
        return rig.toExit() === tookSync;
      };
      const at = loop.at('middle');
      const one = (control: bigint, n = 0): Set => ({ BVR: { [n]: at }, BCR: { [n]: control } });
      expect([0x1e7n, 0x1e3n, 0x027n].map(control => hits(one(control)))).toEqual([true, true, true]);
      expect([0x1e6n, 0x1e5n, 0x1e1n, 0x1c7n, 0x21e7n, 0x41e7n].map(control => hits(one(control)))).toEqual([false, false, false, false, false, false]);
      expect(hits({ ...one(0x1e7n), MDSCR: MDE })).toBe(false);
      expect(hits({ ...one(0x1e7n), MDSCR: KDE })).toBe(false);
      expect(hits(one(0x1e7n), { daif: DAIF_D })).toBe(false);
      // Of six, the last two know contexts.
      const linked = (n: number, type = 3n): Set => ({ BVR: { 0: at, [n]: 7 }, BCR: { 0: 0x10_01e7n | BigInt(n) << 16n, [n]: 0x1e7n | type << 20n } });
      expect([hits(linked(4)), hits(linked(5)), hits(linked(4), { CONTEXTIDR: 8n })]).toEqual([true, true, false]);
      expect([hits(linked(3)), hits(linked(4, 0n)), hits({ BVR: { 4: 7 }, BCR: { 4: 0x1e7n | 3n << 20n } })]).toEqual([false, false, false]);
      const any = { BVR: { 5: 7 }, BCR: { 5: 0x1e7n | 2n << 20n } };
      expect([hits(any), Number(rig.state.ELR_EL1), hits(any, { CONTEXTIDR: 1n })]).toEqual([true, CODE, false]);
    });

    it('D1.3.5 an instruction abort comes before a breakpoint, a breakpoint before an illegal state, BRK behind it', () => {
      const rig = make();
      rig.load(new Assembler(FAR_CODE).brk(3));
      set(rig, { BVR: { 0: FAR_CODE } });
      rig.map(FAR_CODE, 0n);
      rig.cpu.flushTlb();
      expect([rig.toExit(), rig.state.ESR_EL1 >> 26n]).toEqual([tookSync, 0x21n]);
      rig.map(FAR_CODE, BigInt(FAR_CODE) | RW);
      rig.cpu.flushTlb();
      rig.enter(FAR_CODE);
      rig.state.IL = 1;
      rig.cpu.guest.modeChanged();
      expect([rig.toExit(), rig.state.ESR_EL1]).toEqual([tookSync, BREAKPOINT]);
      rig.enter(FAR_CODE);
      expect([rig.toExit(), rig.state.ESR_EL1]).toEqual([tookSync, BREAKPOINT]);
      set(rig, {});
      rig.enter(FAR_CODE);
      expect([rig.toExit(), rig.state.ESR_EL1]).toEqual([tookSync, 0xf200_0003n]);
    });

    it('two CPUs share code: the one that has no breakpoint goes through, and finds its way', () => {
      const rig = make();
      const other = rig.another();
      rig.load(loop).setX({ 5: 20 });
      set(rig, { BVR: { 0: loop.at('middle') } });
      expect(rig.toExit()).toBe(tookSync);
      other.guest.state.pc = BigInt(CODE);
      other.guest.state.x[5] = 500n;
      expect([other.run(), other.guest.state.x[1]]).toMatchObject([{ kind: 'guest' }, 500n]);
      rig.enter(CODE).setX({ 5: 20 });
      expect(rig.toExit()).toBe(tookSync);
    });

    it('issue 5.6: what is set costs its own instruction alone', () => {
      const rig = make();
      const a = new Assembler(FAR_CODE).label('again').add(0, 0, 1).subs(5, 5, 1).bCond(NE, 'again').hvc(1);
      rig.load(a);
      rig.load(loop, false);
      const left = (): number => Object.values(rig.cpu.exits).reduce((sum, n) => sum + n, 0);
      const cost = (from: Assembler, outer: Set): number => {
        set(rig, outer);
        rig.enter(from.base).setX({ 5: 3000 });
        expect(rig.toExit()).toBe('hvc 1');
        rig.enter(from.base).setX({ 5: 3000 });
        const before = left();
        expect(rig.toExit()).toBe('hvc 1');
        return left() - before;
      };
      const free = cost(a, {});
      // In another page, and in the same one where nothing comes by.
      expect(cost(a, { BVR: { 0: loop.at('middle') } })).toBeLessThanOrEqual(free + 3);
      expect(cost(loop, { BVR: { 0: CODE + 0x100, 1: loop.at('again') + 0x800 } })).toBeLessThanOrEqual(cost(loop, {}) + 3);
    });

    // ---- software step
    /** Runs from `words` in EL0 or EL1 with SPSR.SS, as a debugger in the guest would: by ERET from EL1. */
    const stepping = (rig: Rig, a: Assembler, { EL0 = true, ss = true, pc = a.base } = {}): string => {
      const go = new Assembler(CODE + 0x8000).eret();
      rig.load(go, false);
      rig.enter(go.base, DAIF);
      rig.state.ELR_EL1 = BigInt(pc);
      rig.state.SPSR_EL1 = BigInt((EL0 ? 0 : 5) | (ss ? PSTATE_SS : 0));
      rig.state.MDSCR_EL1 = SS | KDE;
      rig.state.OSLSR_EL1 = 8n;
      rig.cpu.guest.debug.update();
      return rig.toExit();
    };
    const fromEL0 = `hvc ${0x1000 + FROM_EL0.sync}`;
    const user = (rig: Rig, page: number): void => {
      rig.map(page, BigInt(page) | RW | 1n << 6n);
      rig.cpu.flushTlb();
    };

    it('D2.12 one instruction and its exception, with ISV; EX of a load-exclusive; over and over through a hot loop', () => {
      const rig = make();
      user(rig, FAR_CODE);
      user(rig, DATA);
      const a = new Assembler(FAR_CODE).label('again').add(0, 0, 1).add(1, 1, 1).raw(0xc85f7c43).b('again');
      rig.load(a).setX({ 2: DATA });
      let pc = FAR_CODE;
      for (let n = 0; n < 40; n++) {
        expect([n, stepping(rig, a, { pc })]).toEqual([n, fromEL0]);
        const EC = STEP - (1n << 26n);
        expect(rig.state.ESR_EL1).toBe(EC | ISV | (pc === FAR_CODE + 8 ? EX : 0n));
        pc = pc === FAR_CODE + 12 ? FAR_CODE : pc + 4;
        expect([Number(rig.state.ELR_EL1), rig.state.SPSR_EL1 & BigInt(PSTATE_SS)]).toEqual([pc, 0n]);
      }
      expect([rig.x(0), rig.x(1)]).toEqual([10n, 10n]);
    });

    it('D2.12 active-pending at once where SPSR.SS is 0: nothing was stepped', () => {
      const rig = make();
      user(rig, FAR_CODE);
      const a = new Assembler(FAR_CODE).add(0, 0, 1);
      rig.load(a);
      expect(stepping(rig, a, { ss: false })).toBe(fromEL0);
      expect([rig.x(0), rig.state.ESR_EL1, Number(rig.state.ELR_EL1)]).toEqual([0n, STEP - (1n << 26n), FAR_CODE]);
    });

    it('D2.12 SPSR.SS: 1 of what was not executed (BRK, aborts, interrupts), 0 behind SVC', () => {
      const rig = make();
      user(rig, FAR_CODE);
      for (const [words, EC, saved] of [
        [new Assembler(FAR_CODE).brk(1), 0x3cn, 1],
        [new Assembler(FAR_CODE).mov(2, 0x8000_0000).ldr(3, 2), 0x32n, 0],
        [new Assembler(FAR_CODE).ldr(3, 2), 0x24n, 1],
        [new Assembler(FAR_CODE).udf(), 0n, 1],
        [new Assembler(FAR_CODE).svc(1), 0x15n, 0],
      ] as const) {
        rig.load(words).setX({ 2: 0x8000_0000 });
        expect([EC, stepping(rig, words)]).toEqual([EC, fromEL0]);
        expect([rig.state.ESR_EL1 >> 26n, rig.state.SPSR_EL1 >> 21n & 1n]).toEqual([EC, BigInt(saved)]);
      }
      const a = new Assembler(FAR_CODE).add(0, 0, 1);
      rig.load(a);
      rig.raise();
      expect([stepping(rig, a), rig.x(0), rig.state.SPSR_EL1 >> 21n & 1n]).toEqual([`hvc ${0x1000 + FROM_EL0.irq}`, 0n, 1n]);
    });

    it('D2.12 in EL1 with KDE, from where PSTATE.D is clear; nothing is stepped while D masks it', () => {
      const rig = make();
      const a = new Assembler(FAR_CODE).add(0, 0, 1).hvc(1);
      rig.load(a);
      expect([stepping(rig, a, { EL0: false }), rig.state.ESR_EL1, rig.x(0)]).toEqual([tookSync, STEP | ISV, 1n]);
      // The code itself clears D: it is pending behind that instruction.
      const unmasks = new Assembler(FAR_CODE).add(0, 0, 1).daifClr(8).add(0, 0, 1).hvc(1);
      rig.load(unmasks).enter(FAR_CODE, DAIF_D).setX({ 0: 0 });
      rig.state.MDSCR_EL1 = SS | KDE;
      rig.cpu.guest.debug.update();
      expect([rig.toExit(), rig.x(0), Number(rig.state.ELR_EL1)]).toEqual([tookSync, 1n, FAR_CODE + 8]);
      rig.lower();
    });

    it('D2.12 ERET into a step sees the request of an interrupt, too; a breakpoint behind the step is the next exception', () => {
      const rig = make();
      user(rig, FAR_CODE);
      const a = new Assembler(FAR_CODE).add(0, 0, 1).add(1, 1, 1);
      rig.load(a);
      expect(stepping(rig, a)).toBe(fromEL0);
      rig.state.DBGBVR[0] = BigInt(FAR_CODE + 4);
      rig.state.DBGBCR[0] = BCR;
      rig.state.MDSCR_EL1 = MDE | SS | KDE;
      rig.enter(CODE + 0x8000, DAIF_D);
      rig.state.ELR_EL1 = BigInt(FAR_CODE + 4);
      rig.state.SPSR_EL1 = BigInt(PSTATE_SS);
      rig.cpu.guest.debug.update();
      expect([rig.toExit(), rig.state.ESR_EL1, rig.state.SPSR_EL1 >> 21n & 1n, rig.x(1)]).toEqual([fromEL0, BREAKPOINT - (1n << 26n), 1n, 0n]);
    });

    it('A5.15 a debugger outside that doesn\'t share turns the guest\'s step off, and a device in a step is answered once', () => {
      const rig = make();
      user(rig, FAR_CODE);
      const a = new Assembler(FAR_CODE).add(0, 0, 1).add(0, 0, 1).svc(1);
      rig.load(a);
      rig.cpu.guest.debug.configure({ ...noOuterDebug, masksStep: true });
      expect([stepping(rig, a), rig.state.ESR_EL1 >> 26n, rig.x(0)]).toEqual([fromEL0, 0x15n, 2n]);
      rig.cpu.guest.debug.configure(noOuterDebug);
      const device = new Assembler(FAR_CODE + 0x1000).ldr(3, 2).hvc(1);
      rig.load(device).setX({ 2: DEVICE });
      expect(stepping(rig, device, { EL0: false })).toBe('mmio read 8 at 0x9000000');
      rig.cpu.completeMmio(5n);
      expect([rig.toExit(), rig.x(3), rig.state.ESR_EL1, Number(rig.state.ELR_EL1)]).toEqual([tookSync, 5n, STEP | ISV, device.base + 4]);
    });

    it('interrupts are still taken at a breakpoint\'s page', () => {
      const rig = make();
      rig.load(new Assembler(CODE).label('here').b('here'));
      set(rig, { BVR: { 0: CODE + 4 } });
      rig.raise();
      expect(rig.toExit()).toBe(tookIrq);
      expect(Number(rig.state.pc)).toBeGreaterThan(VECTORS);
    });
  });
}
