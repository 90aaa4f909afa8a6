/** AArch32 loads and stores of a device: each word of several is an access of its own, and IT blocks go on behind an answer. */
import { describe, expect, test } from 'vitest';
import { enterUser, put, T32, tookSync, userRig } from './aarch32.ts';
import { CODE, DATA, DEVICE, HOLE, PAGE_ATTRIBUTES, Rig, tiers } from './rig.ts';

const EL0 = 1n << 6n;
const NGNRE = 1n << 2n;
const Z = 1 << 30;

/** Runs to the system call; the answer to a read is its offset, 0x11 more in each byte above. */
function accesses(r: Rig): readonly string[] {
  const seen: string[] = [];
  const ended = r.withDevice(({ pa, bytes, write, data }) => {
    seen.push(`${write ? 'write' : 'read'} ${pa - DEVICE} ${bytes}${write ? ` ${data.toString(16)}` : ''}`);
    return 0x4433_2211n + BigInt(pa - DEVICE);
  });
  expect(ended).toBe(tookSync);
  return seen;
}

describe.each(tiers)('%s', (_name, tier) => {
  const rig = (): Rig => {
    const r = userRig(tier);
    r.map(HOLE, BigInt(DEVICE) | PAGE_ATTRIBUTES | NGNRE | EL0);
    r.cpu.flushTlb();
    return r;
  };

  test('A32: registers are written when all is there, the base last', () => {
    const r = rig();
    // ldm r7!, {r1, r2, r3}; ldrd r4, r5, [r7], #8; strh r1, [r7]; ldrsb r9, [r7, #3]; stmdb r7, {r2, r3}; strd r2, r3, [r7, #8]; svc 0
    put(r, CODE, { a32: [0xe8b7000e, 0xe0c740d8, 0xe1c710b0, 0xe1d790d3, 0xe907000c, 0xe1c720f8, 0xef000000] });
    for (let round = 0; round < 4; round++) {
      enterUser(r, CODE).setX({ 7: HOLE });
      expect(accesses(r)).toEqual([
        'read 0 4', 'read 4 4', 'read 8 4', 'read 12 4', 'read 16 4', 'write 20 2 2211', 'read 23 1',
        'write 12 4 44332215', 'write 16 4 44332219', 'write 28 4 44332215', 'write 32 4 44332219',
      ]);
      expect([1, 2, 3, 4, 5, 7, 9].map(n => r.x(n))).toEqual([
        0x4433_2211n, 0x4433_2215n, 0x4433_2219n, 0x4433_221dn, 0x4433_2221n, BigInt(HOLE + 20), 0x28n,
      ]);
    }
  });

  test('A32: LDM of memory and a device, with the PC', () => {
    const r = rig();
    // ldmda r7, {r1, pc}; then svc 0
    put(r, CODE, { a32: [0xe8178002] });
    put(r, CODE + 0x100, { a32: [0xef000000] });
    r.map(HOLE - 4096, BigInt(DEVICE) | PAGE_ATTRIBUTES | NGNRE | EL0);
    r.map(HOLE, BigInt(DATA) | PAGE_ATTRIBUTES | EL0);
    r.cpu.flushTlb();
    r.poke64(DATA, BigInt(CODE + 0x100));
    for (let round = 0; round < 4; round++) {
      enterUser(r, CODE).setX({ 1: 0, 7: HOLE });
      expect(accesses(r)).toEqual([`read ${4092} 4`]);
      expect([r.x(1), r.x(7), r.state.ELR_EL1]).toEqual([0x4433_320dn, BigInt(HOLE), BigInt(CODE + 0x104)]);
    }
  });

  test('T32: in an IT block', () => {
    const r = rig();
    // ite eq; ldreq r1, [r7]; strne r2, [r7, #4]; adds r0, #1; itt eq; addeq r0, #1; ldrdeq r2, r3, [r7]; svc 0
    put(r, CODE, { t32: [0xbf0c, 0x6839, 0x607a, 0x3001, 0xbf04, 0x3001, 0xe9d7, 0x2300, 0xdf00] });
    for (let round = 0; round < 4; round++) {
      enterUser(r, CODE, T32 | Z).setX({ 0: -1, 1: 0, 2: 5, 3: 0, 7: HOLE });
      expect(accesses(r)).toEqual(['read 0 4', 'read 0 4', 'read 4 4']);
      expect([0, 1, 2, 3].map(n => r.x(n))).toEqual([1n, 0x4433_2211n, 0x4433_2211n, 0x4433_2215n]);
      enterUser(r, CODE, T32).setX({ 0: 0, 1: 0, 2: 5, 3: 0, 7: HOLE });
      expect(accesses(r)).toEqual(['write 4 4 5']);
      expect([0, 1, 2, 3].map(n => r.x(n))).toEqual([1n, 0n, 5n, 0n]);
    }
  });
});
