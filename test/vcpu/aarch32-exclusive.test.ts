/** Exclusives, doublewords and ordered accesses of AArch32, as they are for one CPU and as several threads have them (E2.2.1, E2.10). */
import { describe, expect, test } from 'vitest';
import { enterUser, put, tookSync, userRig } from './aarch32.ts';
import { CODE, DATA, tiers } from './rig.ts';

const ALIGNMENT = 0x21n;

const kinds = tiers.slice(0, 2).flatMap(([name, tier]) =>
  [[name, { ...tier, threads: false }], [`${name}, threads`, { ...tier, threads: true }]] as const);

/** What has to be aligned, and what doesn't: from `offset` bytes behind a doubleword on. */
const alignments: readonly (readonly [name: string, word: number, offset: number, faults: boolean])[] = [
  ['LDRD', 0xe1c720d0, 2, true], ['LDRD', 0xe1c720d0, 4, false], ['STRD', 0xe1c720f0, 1, true], ['STRD', 0xe1c720f0, 12, false],
  ['LDREXD', 0xe1b72f9f, 4, true], ['LDREXH', 0xe1f72f9f, 1, true], ['LDA', 0xe1972c9f, 2, true], ['STL', 0xe187fc92, 2, true],
  ['LDM', 0xe897000c, 4, false], ['LDM', 0xe897000c, 3, true], ['LDR', 0xe5972000, 1, false], ['LDRH', 0xe1d720b0, 1, false],
];

describe.each(kinds)('%s', (_name, options) => {
  test('E2.10: a store-exclusive succeeds where its load was, once', () => {
    const r = userRig(options);
    // again: ldrexd r2, r3, [r7]; adds r2, #1; adc r3, #0; strexd r1, r2, r3, [r7]; cmp r1, #0; bne again;
    // ldrd r4, r5, [r7]; strd r4, r5, [r6]; ldaex r8, [r6]; add r8, #1; stlex r9, r8, [r6]; lda r10, [r6];
    // clrex; strex r11, r8, [r6]; stl r4, [r7]; ldrd r2, r3, [r6, #12]; svc 0
    put(r, CODE, {
      a32: [
        0xe1b72f9f, 0xe2922001, 0xe2a33000, 0xe1a71f92, 0xe3510000, 0x1afffff9, 0xe1c740d0, 0xe1c640f0, 0xe1968e9f, 0xe2888001, 0xe1869e98,
        0xe196ac9f, 0xf57ff01f, 0xe186bf98, 0xe187fc94, 0xe1c620dc, 0xef000000,
      ],
    });
    for (let round = 0; round < 4; round++) {
      r.poke64(DATA + 64, 0x7_ffff_ffffn);
      r.poke64(DATA + 8, 0x1111_1111_0000_0000n);
      r.poke64(DATA + 16, 0x2222_2222n);
      enterUser(r, CODE).setX({ 6: DATA, 7: DATA + 64 });
      expect(r.toExit()).toBe(tookSync);
      expect([1, 4, 5, 8, 9, 10, 11].map(n => r.x(n))).toEqual([0n, 0n, 8n, 1n, 0n, 1n, 1n]);
      // LDRD of words at the end of sixteen bytes and behind it.
      expect([r.x(2), r.x(3)]).toEqual([0x1111_1111n, 0x2222_2222n]);
      expect([r.peek64(DATA), r.peek64(DATA + 64)]).toEqual([0x8_0000_0001n, 0x8_0000_0000n]);
    }
  });

  test('E2.2, E2.3: what has to be aligned faults', () => {
    const r = userRig(options);
    for (const [name, word, offset, faults] of alignments) {
      put(r, CODE, { a32: [word, 0xef000000] });
      for (let round = 0; round < 3; round++) {
        enterUser(r, CODE).setX({ 7: DATA + 64 + offset });
        expect(r.toExit()).toBe(tookSync);
        expect([name, offset, r.state.ESR_EL1 >> 26n]).toEqual([name, offset, faults ? 0x24n : 0x11n]);
        if (faults) expect([r.state.ESR_EL1 & 0x3fn, r.state.FAR_EL1]).toEqual([ALIGNMENT, BigInt(DATA + 64 + offset)]);
      }
    }
  });
});
