/**
 * Pairs of registers as code for several threads has them: with FEAT_LSE2 one access where they lie in 16 bytes (ARM DDI 0487,
 * B2.2.1.1), from generated code and from the slow path, at every offset.
 */
import { describe, expect, test } from 'vitest';
import { cpuModel, cpuModels } from '../../src/guest/aarch64/index.ts';
import { Assembler, word } from './assembler.ts';
import { CODE, DATA, HOLE, Rig, tiers } from './rig.ts';

const bytesAt = (n: number): number => (n * 37 + 11) & 0xff;
const memory = (at: number, bytes: number): bigint => Array.from({ length: bytes }, (_, i) => BigInt(bytesAt(at + i)) << BigInt(8 * i)).reduce((a, b) => a | b, 0n);

interface Kind { readonly bytes: number; readonly load: number; readonly store: number; readonly vector?: boolean }
const gpr = (sf: number): Kind => {
  const of = (L: number): number => word('LDP/STP', { sf, index: 2, L, imm7: 0, Rt2: 3, Rn: 1, Rt: 2 });
  return { bytes: sf ? 8 : 4, load: of(1), store: of(0) };
};
const fpr = (opc: number): Kind => {
  const of = (L: number): number => word('LDP/STP (SIMD&FP)', { opc, index: 2, L, imm7: 0, Rt2: 3, Rn: 1, Rt: 2 });
  return { bytes: opc ? 8 : 4, load: of(1), store: of(0), vector: true };
};
const kinds = { X: gpr(1), W: gpr(0), D: fpr(1), S: fpr(0) } as const;

const variants = tiers.flatMap(([name, tier]) => [false, true].map(threads => [`${name}${threads ? ' with threads' : ''}`, { ...tier, threads }] as const));

describe.each(variants)('%s', (_name, options) => {
  test.each(Object.entries(kinds))('%s: what is stored and loaded, the first time and with the page known', (_kind, { bytes, load, store, vector }) => {
    for (const model of [cpuModels.max, cpuModel('max', { lse2: false })]) {
      const r = new Rig({ ...options, model });
      const a = new Assembler(CODE).raw(load).hvc(1);
      const b = new Assembler(CODE + 0x100).raw(store).hvc(1);
      r.load(b, false).load(a);
      const get = (n: number): bigint => (vector ? r.v(n) : r.x(n));
      const put = (n: number, value: bigint): void => {
        r.state.x[n] = value;
        r.state.v[2 * n] = value;
      };
      // Two pages: one entry of the TLB each.
      for (const base of [DATA + 32, HOLE - 48]) {
        for (let offset = 0; offset <= 16; offset++) {
          for (let round = 0; round < 3; round++) {
            if (round === 0) r.cpu.flushTlb();
            for (let n = -16; n < 32; n++) r.bytes(base + n, 1)[0] = bytesAt(n);
            r.enter(CODE).setX({ 1: base + offset, 2: 0, 3: 0 });
            expect(r.toExit()).toBe('hvc 1');
            expect([offset, get(2), get(3)]).toEqual([offset, memory(offset, bytes), memory(offset + bytes, bytes)]);
            put(2, memory(100, 8));
            put(3, memory(200, 8));
            if (round === 0) r.cpu.flushTlb();
            expect(r.enter(CODE + 0x100).toExit()).toBe('hvc 1');
            const inside = (n: number): bigint => BigInt(n < bytes ? bytesAt(100 + n) : bytesAt(200 + n - bytes));
            const expected = Array.from({ length: 48 }, (_, i) => i - 16).map(n => (n >= offset && n < offset + 2 * bytes ? Number(inside(n - offset)) : bytesAt(n)));
            expect([offset, ...r.bytes(base - 16, 48)]).toEqual([offset, ...expected]);
          }
        }
      }
    }
  });
});
