/** Where instructions may be fetched from is remembered for each privilege on its own. */
import { describe, expect, test } from 'vitest';
import { Assembler } from './assembler.ts';
import { CODE, FROM_EL0, PAGE_ATTRIBUTES, Rig, reportingVectors, tiers } from './rig.ts';

const UXN = 1n << 54n;
const AP_EL0 = 1n << 6n;
const EPD1 = 1n << 23n;
/** The start of the upper half with T1SZ of 25. */
const UPPER = 0xffff_ff80_0000_0000n;
const PERMISSION_LEVEL3_EL0 = (0x20n << 26n) | (1n << 25n) | 0xfn;

describe.each(tiers)('%s', (_name, tier) => {
  test.each([['lower', 0n], ['upper', UPPER]])('EL0 may not run what EL1 just ran, nor EL1 what EL0 did, in the %s half', (_half, offset) => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    r.state.TCR_EL1 &= ~EPD1;
    r.state.TTBR1_EL1 = r.state.TTBR0_EL1;
    const [page, next] = [CODE + 0x3000, CODE + 0x4000];
    for (const at of [page, next]) r.load(new Assembler(at).add(0, 0, 1).hvc(7), false);
    for (let round = 0; round < 4; round++) {
      r.map(page, BigInt(page) | PAGE_ATTRIBUTES | UXN);
      r.map(next, BigInt(next) | PAGE_ATTRIBUTES | AP_EL0);
      r.cpu.guest.stateChanged();
      const [kernel, user] = [BigInt(page) + offset, BigInt(next) + offset];
      r.enter(0).state.pc = kernel;
      expect(r.toExit()).toBe('hvc 7');
      r.enterEL0(0).state.pc = kernel;
      expect(r.toExit()).toBe(`hvc ${0x1000 + FROM_EL0.sync}`);
      expect([r.state.ESR_EL1, r.state.FAR_EL1]).toEqual([PERMISSION_LEVEL3_EL0, kernel]);
      r.enterEL0(0).state.pc = user;
      expect(r.toExit()).toBe(`hvc ${0x1000 + FROM_EL0.sync}`);
      r.enter(0).state.pc = user;
      expect(r.toExit()).toBe('hvc 4608');
      expect(r.state.ESR_EL1).toBe(PERMISSION_LEVEL3_EL0 + (1n << 26n));
    }
  });
});
