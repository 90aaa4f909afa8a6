/** Aborts inside translated code are precise and leave nothing behind: reference A2.13 to A2.15. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Assembler, NE } from './assembler.ts';
import { CODE, DATA, FROM_EL1, HOLE, PAGE_ATTRIBUTES, Rig, reportingVectors, tiers, tookSync, VECTORS } from './rig.ts';

const EC_DATA_ABORT_EL1 = 0x25n << 26n;
const IL = 1n << 25n;
const WnR = 1n << 6n;
const TRANSLATION_LEVEL3 = 7n;
const READ_FAULT = EC_DATA_ABORT_EL1 | IL | TRANSLATION_LEVEL3;
const WRITE_FAULT = READ_FAULT | WnR;

/** Accesses number 0 to N - 1: access k has register k (and with pairs k + N) and the address in register 12 + k. */
const N = 6;
const MARKED = 27;

interface Kind {
  readonly emit: (a: Assembler, k: number) => void;
  /** Bytes that one access takes in memory. */
  readonly bytes: number;
  readonly writes?: boolean;
  /** What is added to the base register. */
  readonly moved?: number;
  readonly vector?: boolean;
  readonly pair?: boolean;
  /** The address that is reached is the base register plus this. */
  readonly offset?: number;
  /** An atomic: it must be aligned, so no access is split, and a fault that its read has is a read's. */
  readonly aligned?: boolean;
}

const kinds: Readonly<Record<string, Kind>> = {
  'LDR': { emit: (a, k) => a.ldr(k, 12 + k), bytes: 8 },
  'LDRSB': { emit: (a, k) => a.ldrs(k, 12 + k, 0), bytes: 1 },
  'LDR (pre-index)': { emit: (a, k) => a.ldrIndexed('pre', k, 12 + k, 24), bytes: 8, moved: 24, offset: 24 },
  'LDR (post-index)': { emit: (a, k) => a.ldrIndexed('post', k, 12 + k, -8), bytes: 8, moved: -8 },
  'LDP': { emit: (a, k) => a.ldp(k, k + N, 12 + k, 16), bytes: 16, pair: true, offset: 16 },
  'LDP (pre-index)': { emit: (a, k) => a.ldp(k, k + N, 12 + k, -32, 'pre'), bytes: 16, pair: true, moved: -32, offset: -32 },
  'LDR Q': { emit: (a, k) => a.ldrQ(k, 12 + k), bytes: 16, vector: true },
  'LDR Q (post-index)': { emit: (a, k) => a.ldrQIndexed('post', k, 12 + k, 16), bytes: 16, vector: true, moved: 16 },
  'LDP Q': { emit: (a, k) => a.ldpQ(k, k + N, 12 + k), bytes: 32, vector: true, pair: true },
  'STR': { emit: (a, k) => a.str(k, 12 + k), bytes: 8, writes: true },
  'STR (pre-index)': { emit: (a, k) => a.strIndexed('pre', k, 12 + k, 8), bytes: 8, writes: true, moved: 8, offset: 8 },
  'STRB (post-index)': { emit: (a, k) => a.strIndexed('post', k, 12 + k, 1, 0), bytes: 1, writes: true, moved: 1 },
  'STP': { emit: (a, k) => a.stp(k, k + N, 12 + k), bytes: 16, writes: true, pair: true },
  'STP (post-index)': { emit: (a, k) => a.stp(k, k + N, 12 + k, 64, 'post'), bytes: 16, writes: true, pair: true, moved: 64 },
  'STR Q': { emit: (a, k) => a.strQ(k, 12 + k), bytes: 16, writes: true, vector: true },
  'LDADD': { emit: (a, k) => a.ldadd(26, k, 12 + k), bytes: 8, writes: true, aligned: true },
};

const filler = (n: number): bigint => BigInt.asUintN(64, 0x9e37_79b9_7f4a_7c15n * BigInt(n + 1));

describe.each(tiers)('%s', (_name, tier) => {
  test.each(Object.entries(kinds))('A2.13: the k-th of N accesses faults, %s', (_kind, kind) => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    const a = new Assembler(CODE);
    const sites: number[] = [];
    // Around each access a counter, and flags that nothing reads inside the unit.
    for (let k = 0; k < N; k++) {
      a.addsReg(25, 24, 24);
      sites.push(a.here);
      kind.emit(a, k);
      a.add(MARKED, MARKED, 1).mov(24, k);
    }
    a.hvc(1);
    // In the hole, and of those that may be unaligned one that is split between it and the page before.
    const starts = [HOLE, HOLE + 8 * 7, ...(kind.bytes > 1 && !kind.aligned ? [HOLE - 1] : [])];
    for (const start of starts) {
      for (let k = 0; k <= N; k++) {
        const offset = kind.offset ?? 0;
        for (let n = 0; n < 24; n++) r.setX({ [n]: filler(n) });
        r.state.v.forEach((_, n) => { r.state.v[n] = filler(n + 100); });
        for (let n = 0; n < 64; n++) r.poke64(DATA + n * 8, filler(n + 200));
        r.poke64(HOLE - 8, filler(300));
        for (let n = 0; n < N; n++) r.setX({ [12 + n]: (n === k ? start : DATA + 64 * n) - offset });
        r.setX({ 24: 0x8000_0000_0000_0000n, 25: 0, 26: 5, [MARKED]: 0 });
        const before = { x: Array.from(r.state.x), v: Array.from(r.state.v), memory: Array.from({ length: 64 }, (_, n) => r.peek64(DATA + n * 8)) };
        r.load(a);
        expect(r.toExit()).toBe(k === N ? 'hvc 1' : tookSync);
        if (k < N) {
          expect(r.state.ELR_EL1).toBe(BigInt(sites[k]!));
          expect(r.state.FAR_EL1).toBe(BigInt(Math.max(start, HOLE)));
          expect(r.state.ESR_EL1).toBe(kind.writes && !kind.aligned ? WRITE_FAULT : READ_FAULT);
        }
        // Of x24 + x24 just before: a carry and zero, then zero, then neither.
        expect(r.state.nzcv).toBe(k === 0 ? 0x7000_0000 : k === 1 ? 0x4000_0000 : 0);
        expect(r.x(MARKED)).toBe(BigInt(k));
        expect(r.peek64(HOLE - 8)).toBe(filler(300));
        for (let n = 0; n < N; n++) {
          const done = n < k;
          expect(r.x(12 + n)).toBe(BigInt.asUintN(64, before.x[12 + n]! + BigInt(done ? (kind.moved ?? 0) : 0)));
          const at = 8 * n;
          const same = (now: bigint, was: bigint): boolean => now === was;
          if (kind.writes) expect(same(r.peek64(DATA + 64 * n), before.memory[at]!)).toBe(!done);
          if (kind.vector && !kind.writes) {
            for (const reg of kind.pair ? [n, n + N] : [n]) expect(same(r.v(reg), before.v[2 * reg]! | (before.v[2 * reg + 1]! << 64n))).toBe(!done);
          } else if (!kind.writes) {
            for (const reg of kind.pair ? [n, n + N] : [n]) expect(same(r.x(reg), before.x[reg]!)).toBe(!done);
          }
        }
      }
    }
  });

  test('A2.13: a loop unit whose k-th iteration faults, for every k, and goes on when the page is there', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    const LENGTH = 100;
    const a = new Assembler(CODE).label('loop').ldrIndexed('post', 3, 1, 8).addsReg(2, 2, 3).adc(4, 4, 3).str(2, 5).ldr(6, 5).sub(0, 0, 1).cbnz(0, 'loop').hvc(1);
    for (let n = 0; n < LENGTH; n++) {
      r.poke64(HOLE - 8 - n * 8, filler(n));
      r.poke64(HOLE + n * 8, filler(n + 1000));
    }
    for (let k = 0; k < LENGTH; k++) {
      r.map(HOLE, 0n);
      r.cpu.flushTlb();
      r.load(a).setX({ 0: LENGTH, 1: HOLE - k * 8, 2: 0, 3: 9, 4: 0, 5: DATA, 6: 0 });
      r.state.nzcv = 0;
      expect(r.toExit()).toBe(tookSync);
      expect([r.state.ELR_EL1, r.state.FAR_EL1, r.state.ESR_EL1]).toEqual([BigInt(CODE), BigInt(HOLE), READ_FAULT]);
      let [sum, carries, carry] = [0n, 0n, 0n];
      const iterate = (value: bigint): void => {
        carry = (sum + value) >> 64n;
        sum = BigInt.asUintN(64, sum + value);
        carries = BigInt.asUintN(64, carries + value + carry);
      };
      for (let n = k - 1; n >= 0; n--) iterate(filler(n));
      expect([r.x(0), r.x(1), r.x(2), r.x(4), r.x(6)]).toEqual([BigInt(LENGTH - k), BigInt(HOLE), sum, carries, sum]);
      expect(r.x(3)).toBe(k === 0 ? 9n : filler(0));
      expect((r.state.nzcv >>> 29) & 1).toBe(Number(carry));
      r.map(HOLE, BigInt(HOLE) | PAGE_ATTRIBUTES);
      r.cpu.flushTlb();
      r.enter(Number(r.state.ELR_EL1));
      r.state.nzcv = Number(r.state.SPSR_EL1 & 0xf000_0000n);
      expect(r.toExit()).toBe('hvc 1');
      for (let n = 0; n < LENGTH - k; n++) iterate(filler(n + 1000));
      expect([r.x(0), r.x(1), r.x(2), r.x(4)]).toEqual([0n, BigInt(HOLE + (LENGTH - k) * 8), sum, carries]);
    }
  });

  test('A2.14, A2.15: faults leave no frames, no memory and no code behind (100,000 of them in one run)', () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const r = new Rig(tier);
    const handler = new Assembler(VECTORS).org(VECTORS + FROM_EL1.sync).add(9, 9, 1).mrsNamed('ELR_EL1', 8).add(8, 8, 4).msrNamed('ELR_EL1', 8).eret();
    const a = new Assembler(CODE).label('loop').ldr(0, 1).str(0, 1).udf().svc(1).nop().ldp(3, 4, 1).subs(2, 2, 1).bCond(NE, 'loop').hvc(3);
    r.load(handler, false);
    const faults = (n: number): void => {
      r.load(a).setX({ 1: HOLE, 2: n / 5, 9: 0 });
      expect(r.toExit()).toBe('hvc 3');
      expect(r.x(9)).toBe(BigInt(n));
    };
    const measure = (): { heap: number; code: string } => {
      gc();
      return { heap: process.memoryUsage().heapUsed, code: `${r.engine.compiler.units} ${r.engine.space.modules} ${r.engine.cache.units.size} ${r.engine.cache.blocks.size}` };
    };
    faults(10_000);
    faults(10_000);
    const before = measure();
    r.setX({ 2: 20_000 }).enter(CODE).setX({ 9: 0 });
    expect(r.toExit()).toBe('hvc 3');
    expect(r.x(9)).toBe(100_000n);
    const after = measure();
    // A leaked frame or event would be a hundred bytes a fault, ten megabytes.
    expect(after.heap - before.heap).toBeLessThan(4 << 20);
    expect(after.code).toBe(before.code);
  });
});
