/** Counted runs: reference A2.16 and A2.17, and A2.8's budget. */
import { describe, expect, test } from 'vitest';
import { Assembler, NE, SP, word } from './assembler.ts';
import { ABORTED, CODE, DATA, DEVICE, FROM_EL1, HOLE, Rig, reportingVectors, tiers, tookSync, VECTORS } from './rig.ts';

const ENOUGH = 1_000_000;

/** A loop whose body calls, stores and branches, 9 to 11 instructions an iteration. */
function loop(): Assembler {
  const a = new Assembler(CODE).label('top').addsReg(2, 2, 1).eor(3, 2, 0, 7).bl('leaf').str(3, 20).subs(0, 0, 1).bCond(NE, 'top').b('end');
  return a.label('leaf').cbz(3, 'skip').add(4, 4, 1).label('skip').ret().label('end').hvc(1);
}

describe.each(tiers)('%s', (_name, tier) => {
  const start = (r: Rig): Rig => {
    r.poke64(DATA, 0n);
    r.state.nzcv = 0;
    return r.load(loop()).setX({ 0: 60, 1: 12345, 2: 0, 3: 0, 4: 0, 20: DATA, 30: 0 });
  };

  test('A2.17: runs of every length stop where single steps do', () => {
    const r = new Rig(tier);
    start(r);
    const pcs: bigint[] = [];
    const states: string[] = [];
    const state = (): string => [...Array.from(r.state.x.subarray(0, 32)), r.state.nzcv, r.peek64(DATA)].join(' ');
    const LENGTH = 540;
    for (let n = 0; n <= LENGTH; n++) {
      pcs.push(r.state.pc);
      states.push(state());
      r.step(1);
    }
    for (const stride of [2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233]) {
      start(r);
      const before = r.cpu.retired;
      for (let n = stride; n <= LENGTH; n += stride) {
        r.step(stride);
        expect(r.cpu.retired - before).toBe(BigInt(n));
        expect(r.state.pc).toBe(pcs[n]);
        expect(state()).toBe(states[n]);
      }
    }
  });

  test('A2.17: counting goes on and off between runs', () => {
    const r = new Rig(tier);
    r.cpu.setBudget(0);
    start(r);
    expect(r.toExit()).toBe('hvc 1');
    const expected = Array.from(r.state.x);
    start(r);
    for (let n = 1; n < 20; n++) r.step(n);
    expect(r.cpu.retired).toBe(190n);
    r.cpu.setBudget(0);
    expect(r.toExit()).toBe('hvc 1');
    expect(Array.from(r.state.x)).toEqual(expected);
    expect(r.cpu.retired).toBe(190n);
  });

  test('A2.17: a used-up budget runs nothing more', () => {
    const r = new Rig(tier);
    start(r).step(10);
    const { pc } = r.state;
    expect(r.toExit()).toBe('budget');
    expect([r.state.pc, r.cpu.retired]).toEqual([pc, 10n]);
  });

  test('A2.16: a device access sees how many instructions were retired before it, wherever it stands', () => {
    const r = new Rig(tier);
    const LENGTH = 20;
    for (let k = 0; k < LENGTH; k++) {
      const a = new Assembler(CODE).label('top');
      for (let n = 0; n < LENGTH; n++) {
        if (n === k) a.ldr(5, 6);
        else if (n % 5 === 4) a.b(`at${n}`).label(`at${n}`);
        else a.add(1, 1, 1);
      }
      a.subs(0, 0, 1).bCond(NE, 'top').hvc(1);
      r.load(a).setX({ 0: 4, 1: 0, 6: DEVICE });
      const before = r.cpu.retired;
      r.cpu.setBudget(ENOUGH);
      const seen: bigint[] = [];
      const ended = r.withDevice(() => {
        seen.push(r.cpu.retired - before);
        return BigInt(seen.length);
      });
      expect(ended).toBe('hvc 1');
      expect(seen).toEqual([0, 1, 2, 3].map(i => BigInt(i * (LENGTH + 2) + k)));
      // The HVC counts as well.
      expect(r.cpu.retired - before).toBe(BigInt(4 * (LENGTH + 2) + 1));
      expect(r.x(5)).toBe(4n);
    }
  });

  test('A2.17: what was not executed comes back to the budget: faults, undefined words, aborts of devices', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    const faults: Record<string, (a: Assembler) => Assembler> = {
      abort: a => a.ldr(5, 6), store: a => a.str(5, 6), pair: a => a.ldp(5, 7, 6), undefined: a => a.raw(0), brk: a => a.brk(1), device: a => a.ldr(5, 8),
    };
    for (const [name, fault] of Object.entries(faults)) {
      for (const k of [0, 1, 7, 30]) {
        const a = new Assembler(CODE);
        for (let n = 0; n < k; n++) a.add(1, 1, 1);
        fault(a);
        for (let n = 0; n < 40; n++) a.add(1, 1, 1);
        r.load(a).setX({ 1: 0, 6: HOLE, 8: DEVICE });
        const before = r.cpu.retired;
        r.cpu.setBudget(ENOUGH);
        expect(r.withDevice(() => ABORTED), name).toBe(tookSync);
        expect(r.x(1)).toBe(BigInt(k));
        // With the HVC of the vector.
        expect(r.cpu.retired - before, name).toBe(BigInt(k + 1));
      }
    }
  });

  test('A2.17: SVC and ERET count, and so does what exits when it has been executed', () => {
    const r = new Rig(tier);
    r.load(new Assembler(VECTORS + FROM_EL1.sync).add(9, 9, 1).eret(), false);
    r.load(new Assembler(CODE).svc(0).raw(word('SEVL'), word('WFE')).wfi().hvc(1).smc(2).nop().nop().nop());
    r.cpu.setBudget(8);
    const events: [string, bigint][] = [];
    for (let n = 0; n < 4; n++) events.push([r.toExit(), r.cpu.retired]);
    expect(events).toEqual([['wfi', 6n], ['hvc 1', 7n], ['smc 2', 8n], ['budget', 8n]]);
    expect(r.state.pc).toBe(BigInt(CODE + 6 * 4));
  });

  test('A2.17: single steps to where nothing can be fetched', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    // The unit is longer than the budget, the way through it is not.
    const a = new Assembler(CODE).cbz(1, 'out');
    for (let n = 0; n < 40; n++) a.nop();
    a.label('out').br(0);
    for (const to of [0xffff_ffff_ffff_fffcn, 0xffff_ffff_ffff_ffffn]) {
      r.load(a).setX({ 0: to, 1: 0 });
      r.step(2);
      r.cpu.setBudget(0);
      expect(r.toExit()).toBe(tookSync);
      expect([r.state.ESR_EL1 >> 26n, r.state.FAR_EL1, r.state.ELR_EL1]).toEqual([to & 3n ? 0x22n : 0x21n, to, to]);
    }
  });

  test('A2.19: completing a device access does not run into code that was dropped meanwhile', () => {
    const r = new Rig(tier);
    const next = CODE + 0x1000;
    r.load(new Assembler(next).add(2, 2, 1).hvc(1), false);
    const a = new Assembler(next - 4).ldr(0, 1);
    for (let round = 0; round < 5; round++) {
      r.load(a).setX({ 1: DEVICE, 2: 0 });
      expect(r.withDevice(() => 1n)).toBe('hvc 1');
    }
    r.enter(next - 4).setX({ 2: 0 });
    const ended = r.withDevice(() => {
      r.load(new Assembler(next).add(2, 2, 100).hvc(2), false);
      return 1n;
    });
    expect([ended, r.x(2)]).toEqual(['hvc 2', 100n]);
  });

  test('A2.16: a stack that a device stands in for: pairs, in counted and uncounted runs, retire once', () => {
    const r = new Rig(tier);
    r.load(new Assembler(CODE).stp(0, 1, SP, -16, 'pre').ldp(2, 3, SP, 16, 'post').hvc(1)).setX({ 0: 1, 1: 2, 32: DEVICE + 0x100 });
    r.cpu.setBudget(ENOUGH);
    const written = new Map<number, bigint>();
    const seen: string[] = [];
    expect(r.withDevice(({ pa, write, data }) => {
      seen.push(`${write ? 'w' : 'r'}${(pa - DEVICE).toString(16)} ${r.cpu.retired}`);
      if (write) written.set(pa, data);
      return written.get(pa) ?? 0n;
    })).toBe('hvc 1');
    expect(seen).toEqual(['wf0 0', 'wf8 0', 'rf0 1', 'rf8 1']);
    expect([r.x(2), r.x(3), r.x(32), r.cpu.retired]).toEqual([1n, 2n, BigInt(DEVICE + 0x100), 3n]);
  });
});
