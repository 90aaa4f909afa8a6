/** System instructions: address translation, TLB and cache maintenance. */
import { describe, expect, test } from 'vitest';
import type { Arm64Cpu } from '../../../src/guest/aarch64/index.ts';
import { guest, Machine, RAM } from './machine.ts';
import { AF, AP_EL0, AP_RO, Tables, VALID } from './tables.ts';

describe('AT', () => {
  const S1E1R = 0xd5087800;
  const S1E1W = 0xd5087820;
  const S1E0R = 0xd5087840;
  const S1E0W = 0xd5087860;
  const S1E1RP = 0xd5087900;
  const S1E1WP = 0xd5087920;
  const VA = 0x4000n;
  const RES1 = 1n << 11n;
  const NS = 1n << 9n;
  const at = (t: Tables, word: number, va = VA): bigint => {
    t.m.state.x[0] = va;
    t.atEL1(word);
    return t.m.state.PAR_EL1;
  };
  const fault = (status: number): bigint => RES1 | (BigInt(status) << 1n) | 1n;

  test.each([
    ['RW at EL1', 0n, [1, 1, 0, 0]],
    ['RW at both', AP_EL0, [1, 1, 1, 1]],
    ['RO at EL1', AP_RO, [1, 0, 0, 0]],
    ['RO at both', AP_EL0 | AP_RO, [1, 0, 1, 0]],
  ])('%s', (_name, attributes, works) => {
    const t = new Tables({ granule: 12 });
    t.map(VA, 0x9_8765_4000, { attributes: AF | attributes | (3n << 8n) });
    [S1E1R, S1E1W, S1E0R, S1E0W].forEach((word, i) => {
      expect(at(t, word, VA + 0x678n)).toBe(works[i] ? (0xffn << 56n) | 0x9_8765_4000n | RES1 | NS | (3n << 7n) : fault(0x0f));
    });
  });

  test('attributes: device memory and Normal Non-cacheable are Outer Shareable', () => {
    const t = new Tables({ granule: 12 });
    t.m.state.MAIR_EL1 = 0xbb_44_04_ffn;
    t.enable();
    for (const [index, attr, SH] of [
      [0, 0xffn, 1n],
      [1, 0x04n, 2n],
      [2, 0x44n, 2n],
      [3, 0xbbn, 1n],
    ] as const) {
      t.map(VA, 0x5000, { attributes: AF | (BigInt(index) << 2n) | (1n << 8n) });
      expect(at(t, S1E1R)).toBe((attr << 56n) | 0x5000n | RES1 | NS | (SH << 7n));
    }
  });

  test('faults are reported, not raised; an external abort on the walk is raised', () => {
    const t = new Tables({ granule: 12 });
    const upper = VA | (0xffffn << 48n); // away from the code's tables
    t.map(upper, 0x5000, { attributes: AF });
    for (let level = 0; level <= 3; level++) {
      const before = t.get(upper, level);
      t.set(upper, level, 0n);
      expect(at(t, S1E1R, upper)).toBe(fault(0x04 | level));
      t.set(upper, level, before);
    }
    t.moveTable(upper, 3, 0x10_0000_0000);
    at(t, S1E1R, upper);
    expect([t.m.state.ESR_EL1, t.m.state.FAR_EL1]).toEqual([0x9600_0157n, upper]);
  });

  test('PAN counts for S1E1RP and S1E1WP only', () => {
    const t = new Tables({ granule: 12 });
    t.map(VA, 0x5000, { attributes: AF | AP_EL0 });
    const PAN = 1 << 22;
    const works = (word: number, pstate: number): boolean => {
      t.pstate = pstate;
      return (at(t, word) & 1n) === 0n;
    };
    for (const word of [S1E1R, S1E1W]) expect([works(word, 5), works(word, 5 | PAN)]).toEqual([true, true]);
    for (const word of [S1E1RP, S1E1WP]) expect([works(word, 5), works(word, 5 | PAN)]).toEqual([true, false]);
  });

  test('with the MMU off', () => {
    const m = new Machine();
    m.state.x[0] = 0x1234_5678n;
    m.run(S1E1R);
    expect(m.state.PAR_EL1).toBe(0x1234_5000n | RES1 | NS | (2n << 7n));
  });
});

/** Another CPU of the same machine, with the same tables; `flushed`: pages that it forgets. */
function beside(t: Tables, flushed: unknown[] = []): Arm64Cpu {
  const { arena, platform, cpu } = t.m;
  const base = arena.alloc(guest('max').layout.size);
  const other = guest('max').createCpu({ ...cpu.env, base, flushTlbPage: (va, pageBits) => flushed.push([va, pageBits]) }, { ...cpu.options, platform, mpidr: 1n });
  for (const name of ['TTBR0_EL1', 'TCR_EL1', 'SCTLR_EL1', 'MAIR_EL1'] as const) other.state[name] = t.m.state[name];
  other.stateChanged();
  t.m.others.push(other);
  return other;
}

describe('TLBI', () => {
  const operand = 0x0012_0000_0004_5678n; // ASID 0x12, page 0x45678
  const page = 0x4567_8000n;
  const flushes = (t: Tables, word: number, value = operand): unknown => {
    t.m.state.x[0] = value;
    t.m.calls.flushes.length = 0;
    t.atEL1(word);
    return t.m.calls.flushes;
  };
  const encode = (CRm: number, op2: number): number => 0xd508_8000 | (CRm << 8) | (op2 << 5);

  test.each([
    ['', 7, false],
    ['IS', 3, true],
    ['OS', 1, true],
  ])('all forms %s', (_name, CRm, everywhere) => {
    const t = new Tables({ granule: 12 });
    expect(flushes(t, encode(CRm, 0) | 31)).toEqual([['all', 0, everywhere]]);
    for (const op2 of [1, 3, 5, 7]) expect(flushes(t, encode(CRm, op2))).toEqual([[page, 12, everywhere]]);
  });

  test.each([
    ['', 7],
    ['IS', 3],
    ['OS', 1],
  ])('by ASID %s: spaces that have it come back under another name, the others keep theirs', (_name, CRm) => {
    for (const A1 of [0n, 1n]) {
      const t = new Tables({ granule: 12 });
      t.TCR |= (A1 << 22n) | (1n << 36n);
      t.enable();
      const { state, cpu } = t.m;
      const register = A1 ? 'TTBR1_EL1' : 'TTBR0_EL1';
      const table = state[register];
      const space = (asid: bigint): bigint => {
        state[register] = table | (asid << 48n);
        return cpu.spaceKey();
      };
      const before = [0x12n, 0x112n, 0n].map(space);
      const told = t.m.calls.modeChanged;
      expect(flushes(t, encode(CRm, 2))).toEqual([]);
      expect(t.m.calls.modeChanged).toBeGreaterThan(told);
      expect([0x12n, 0x112n, 0n].map(space).map((key, i) => key === before[i])).toEqual([false, true, true]);
    }
  });

  test('ASIDs have 8 bits unless TCR_EL1.AS is set', () => {
    const t = new Tables({ granule: 12 });
    t.m.state.TTBR0_EL1 |= 0x12n << 48n;
    const before = t.m.cpu.spaceKey();
    flushes(t, encode(7, 2), 0x9912n << 48n);
    expect(t.m.cpu.spaceKey()).not.toBe(before);
  });

  test('by ASID, broadcast: another CPU of the machine forgets it, too', () => {
    const t = new Tables({ granule: 12 });
    const other = beside(t);
    other.state.TTBR0_EL1 |= 0x12n << 48n;
    const before = other.spaceKey();
    flushes(t, encode(7, 2));
    expect(other.spaceKey()).toBe(before);
    flushes(t, encode(3, 2));
    expect(other.spaceKey()).not.toBe(before);
  });

  test('by an address of the upper half', () => {
    const t = new Tables({ granule: 12 });
    expect(flushes(t, encode(3, 3), 0xfff_ffff_ffffn)).toEqual([[0xffff_ffff_ffff_f000n, 12, true]]);
  });

  test.each([
    ['', 6, false],
    ['IS', 2, true],
    ['OS', 5, true],
  ])('ranges %s', (_name, CRm, everywhere) => {
    const t = new Tables({ granule: 12 });
    const range = (NUM: bigint, SCALE: bigint, TG: bigint): bigint => (TG << 46n) | (SCALE << 44n) | (NUM << 39n) | 0x45678n;
    for (const op2 of [1, 3, 5, 7]) {
      expect(flushes(t, encode(CRm, op2), range(1n, 0n, 1n))).toEqual([0, 1, 2, 3].map(n => [page + BigInt(n * 0x1000), 12, everywhere]));
      expect(flushes(t, encode(CRm, op2), range(31n, 3n, 1n))).toEqual([['all', 0, everywhere]]);
      expect(flushes(t, encode(CRm, op2), range(0n, 0n, 3n))).toEqual([['all', 0, everywhere]]);
    }
  });

  test('an address in a block that was used takes all of the block', () => {
    const t = new Tables({ granule: 12 });
    t.map(0x4567_8000n, 0, { attributes: AF });
    t.set(0x4567_8000n, 2, 0x20_0000n | AF | VALID);
    expect(flushes(t, encode(7, 1))).toEqual([[page, 12, false]]);
    t.m.cpu.translate(0x4560_0000n, 'read', false);
    expect(flushes(t, encode(7, 1))).toEqual([[0x4560_0000n, 21, false]]);
    expect(flushes(t, encode(7, 0) | 31)).toEqual([['all', 0, false]]);
    expect(flushes(t, encode(7, 1))).toEqual([[page, 12, false]]);
  });

  test('a block that another CPU of the machine used goes there as a whole', () => {
    const t = new Tables({ granule: 12 });
    t.map(0x4567_8000n, 0, { attributes: AF });
    t.set(0x4567_8000n, 2, 0x20_0000n | AF | VALID);
    const flushed: unknown[] = [];
    beside(t, flushed).translate(0x4560_0000n, 'read', false);
    expect(flushes(t, encode(7, 1))).toEqual([[page, 12, false]]);
    expect(flushed).toEqual([]);
    expect(flushes(t, encode(3, 1))).toEqual([[page, 12, true]]);
    expect(flushed).toEqual([[0x4560_0000n, 21]]);
  });

  test('after a tagged address was used, a page of that half takes everything', () => {
    const t = new Tables({ granule: 12 });
    t.map(page, 0, { attributes: AF });
    t.TCR |= 1n << 37n;
    t.enable();
    t.m.cpu.translate(page, 'read', false);
    expect(flushes(t, encode(7, 1))).toEqual([[page, 12, false]]);
    t.m.cpu.translate(page | (0xabn << 56n), 'read', false);
    expect(flushes(t, encode(7, 1))).toEqual([['all', 0, false]]);
  });
});

describe('cache maintenance by address', () => {
  test.each([
    ['DC CVAC', 0xd50b7a20],
    ['DC CVAU', 0xd50b7b20],
    ['DC CIVAC', 0xd50b7e20],
    ['IC IVAU', 0xd50b7520],
    ['DC IVAC', 0xd5087620],
  ])('%s faults as a write with CM', (_name, word) => {
    const t = new Tables({ granule: 12 });
    t.m.state.x[0] = 0x7777n;
    t.atEL1(word);
    expect([t.m.state.ESR_EL1, t.m.state.FAR_EL1]).toEqual([0x9600_0145n, 0x7777n]);
  });

  test('DC ZVA zeroes the 64 bytes around an address, and faults at the address that it was given', () => {
    const t = new Tables({ granule: 12 });
    for (let at = 0; at < 0x100; at += 8) t.m.poke64(RAM + 0xf_0000 + at, -1n);
    t.map(0x5000n, RAM + 0xf_0000, { attributes: AF });
    t.m.state.x[0] = 0x5047n;
    t.atEL1(0xd50b7420);
    expect(t.m.peek(RAM + 0xf_0040, 64)).toBe(0n);
    expect([t.m.peek(RAM + 0xf_003f, 1), t.m.peek(RAM + 0xf_0080, 1)]).toEqual([0xffn, 0xffn]);
    t.map(0x5000n, RAM + 0xf_0000, { attributes: AF | AP_RO });
    t.atEL1(0xd50b7420);
    expect([t.m.state.ESR_EL1, t.m.state.FAR_EL1]).toEqual([0x9600_004fn, 0x5047n]);
  });
});
