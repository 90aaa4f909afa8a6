/** What the PowerPC fuzzer makes of stores conditional, and which difference it lets pass. */
import { expect, test } from 'vitest';
import type { Outcome } from '../powerpc/engines/engine.ts';
import { stateOf } from '../powerpc/engines/inputs.ts';
import { matched, paired } from '../../tools/oracle/powerpc/reservations.ts';
import { skipped } from '../../tools/oracle/powerpc/skips.ts';

const LBARX = 0x7f00_f869; // r24,0,r31,1
const LQARX = 0x7c80_1228; // r4,0,r2
const STQCX = 0x7e80_116d; // r20,0,r2
const STHCX = 0x7ea0_fdad; // r21,0,r31
const STBCX_R30 = 0x7ea0_f56d; // r21,0,r30
const STBCX = 0x7ea0_fd6d; // r21,0,r31
const NOP = 0x6000_0000;
const words = (...all: number[]): Uint32Array => Uint32Array.from(all);

test('a store conditional behind a load and reserve gets its size and address', () => {
  expect(paired([LBARX, NOP], STHCX)).toBe(STBCX);
  expect(paired([LBARX], STBCX_R30)).toBe(STBCX);
  expect(paired([LQARX], STHCX)).toBe(STQCX);
});

test('without a reservation, and of other instructions, words stay', () => {
  for (const before of [[], [NOP], [LBARX, STBCX]]) expect(paired(before, STHCX)).toBe(STHCX);
  expect([paired([LBARX], NOP), paired([LBARX], LQARX)]).toEqual([NOP, LQARX]);
});

test('sizes agree or not only of a store conditional behind a reservation', () => {
  expect([words(LBARX, STHCX), words(LBARX, NOP, STHCX), words(LBARX, STBCX)].map(matched)).toEqual([false, false, true]);
  expect([words(STHCX), words(LBARX, STBCX, STHCX), words(LBARX, STHCX, NOP)].map(matched)).toEqual([undefined, undefined, undefined]);
});

test('what a mismatched store conditional does passes, and nothing else', () => {
  const state = stateOf('ppc64le', 1);
  const ours: Outcome = { ...state, cr: 0x1000_0000, pc: 0x1000_8008n, stop: 'left', memory: new Map() };
  const theirs: Outcome = { ...ours, cr: 0x3000_0000, memory: new Map([[0x40, 1n]]) };
  const passes = (given: Outcome, all = words(LBARX, STHCX)): boolean => skipped('sthcx.', { words: all, state }, 'ppc64le', ours, given);
  expect(passes(theirs)).toBe(true);
  expect(passes(theirs, words(LBARX, STBCX))).toBe(false);
  expect(passes({ ...theirs, cr: 0x3000_0001 })).toBe(false);
  expect(passes({ ...theirs, xer: ours.xer ^ 1 })).toBe(false);
  expect(passes({ ...theirs, cr: ours.cr })).toBe(false);
});

test('stqcx. alone may fail in QEMU with its reservation', () => {
  const state = stateOf('ppc64le', 1);
  const theirs: Outcome = { ...state, cr: 0, pc: 0x1000_8008n, stop: 'left', memory: new Map() };
  const ours: Outcome = { ...theirs, cr: 0x2000_0000, memory: new Map([[0x40, 1n]]) };
  const passes = (name: string, all: Uint32Array, given = theirs): boolean => skipped(name, { words: all, state }, 'ppc64le', ours, given);
  expect(passes('stqcx.', words(LQARX, STQCX))).toBe(true);
  expect(passes('stqcx.', words(LQARX, STQCX), { ...theirs, xer: theirs.xer ^ 1 })).toBe(false);
  expect(passes('stbcx.', words(LBARX, STBCX))).toBe(false);
});
