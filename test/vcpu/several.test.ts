/** CPUs of one machine share translated code: what one of them changes, the others see. Reference A2.8 and A2.19. */
import { describe, expect, test } from 'vitest';
import { Assembler, word } from './assembler.ts';
import { CODE, DATA, exitName, HOLE, PAGE_ATTRIBUTES, Rig, tiers } from './rig.ts';

const FUNCTION = CODE + 0x3000;
const addX0 = (imm12: number): number => word('ADD/SUB (immediate)', { sf: 1, op: 0, S: 0, imm12, Rn: 0, Rd: 0 });
const RET = word('BR/BLR/RET', { opc: 2, Rn: 30 });
const TLBI_VMALLE1IS = word('SYS', { op1: 0, CRn: 8, CRm: 3, op2: 0, Rt: 31 });

describe.each(tiers)('%s', (_name, tier) => {
  function two(): { r: Rig; run: (which: 0 | 1, pc: number, x: Readonly<Record<number, bigint | number>>) => bigint } {
    const r = new Rig(tier);
    const cpus = [r.cpu, r.another()] as const;
    cpus[0].guest.pstate = 5;
    return {
      r,
      run(which, pc, x) {
        const cpu = cpus[which];
        const { state } = cpu.guest;
        state.pc = BigInt(pc);
        for (const [n, value] of Object.entries(x)) state.x[Number(n)] = BigInt(value);
        expect(exitName(cpu.run())).toBe('hvc 1');
        return state.x[0]!;
      },
    };
  }

  test('A2.19: one writes over what the other has run', () => {
    const { r, run } = two();
    const caller = new Assembler(CODE).mov(5, 4).label('loop').blr(1).sub(5, 5, 1).cbnz(5, 'loop').hvc(1);
    const writer = new Assembler(CODE + 0x1000).str(2, 3, 0, 2).isb().hvc(1);
    r.load(new Assembler(FUNCTION).raw(addX0(1), RET), false).load(caller, false).load(writer, false);
    for (let n = 1; n < 20; n++) {
      for (const which of [0, 1] as const) expect(run(which, caller.base, { 0: 0, 1: FUNCTION })).toBe(BigInt(4 * n));
      run((n % 2) as 0 | 1, writer.base, { 2: addX0(n + 1), 3: FUNCTION });
    }
  });

  test('A2.19: one writes to a page that the other begins to run code in', () => {
    const { r, run } = two();
    const caller = new Assembler(CODE).blr(1).hvc(1);
    const writer = new Assembler(CODE + 0x1000).str(2, 3).str(2, 3, 8).hvc(1);
    r.load(caller, false).load(writer, false);
    for (let n = 1; n < 20; n++) {
      // The writer's TLB lets it store to the page: it held no code when the entry was made.
      const page = DATA + 0x1000 * (n % 3);
      for (const imm of [n, n + 100]) {
        run(1, writer.base, { 2: (BigInt(RET) << 32n) | BigInt(addX0(imm)), 3: page });
        expect(run(0, caller.base, { 0: 0, 1: page })).toBe(BigInt(imm));
        expect(run(1, caller.base, { 0: 0, 1: page + 8 })).toBe(BigInt(imm));
      }
    }
  });

  test('A2.8: a broadcast invalidation reaches the other\'s data and code', () => {
    const { r, run } = two();
    const [one, other] = [CODE + 0x5000, CODE + 0x6000];
    r.load(new Assembler(one).raw(addX0(1), RET), false).load(new Assembler(other).raw(addX0(2), RET), false);
    const caller = new Assembler(CODE).blr(1).ldr(6, 1).hvc(1);
    const remap = new Assembler(CODE + 0x1000).str(2, 3).raw(TLBI_VMALLE1IS).isb().hvc(1);
    r.load(caller, false).load(remap, false);
    const entry = r.state.TTBR0_EL1 + 0x2000n + BigInt((HOLE - CODE) / 4096) * 8n;
    for (let n = 0; n < 20; n++) {
      const page = n % 2 ? other : one;
      run((n >> 1) % 2 ? 1 : 0, remap.base, { 2: BigInt(page) | PAGE_ATTRIBUTES, 3: entry });
      for (const which of [0, 1] as const) expect(run(which, caller.base, { 0: 0, 1: HOLE })).toBe(n % 2 ? 2n : 1n);
    }
  });
});
