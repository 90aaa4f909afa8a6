/**
 * SVE's loads and stores over the end of what is mapped, element by element, on the reference and every tier (ARM DDI 0487, C8.2): inactive
 * elements access nothing; elements go by rising number, and of stores those before the one that faults have been done (D1.3.8 leaves
 * that open); no register is written where one faults, FFR neither; FAR_EL1 has the first address that can't be reached.
 */
import { describe, expect, test } from 'vitest';
import { cpuModel } from '../../src/guest/aarch64/index.ts';
import { FFR } from '../../src/guest/aarch64/state.ts';
import { word } from './assembler.ts';
import { DATA, HOLE } from './rig.ts';
import { subjects, type Subject } from './subjects.ts';

const model = cpuModel('max', { sve: true });
const CPACR_FPEN_ZEN = (3n << 20n) | (3n << 16n);
const SCTLR_A = 1n << 1n;
const [TRANSLATION, ALIGNMENT] = [0x9600_0007, 0x9600_0021];
const WnR = 0x40;
const ofWrite = (esr: number): number => (esr | WnR) >>> 0;
const [BASE, ZT, PG] = [1, 4, 3];

/** Elements of a vector, log2 of their bytes in registers and in memory; `registers` of a structure. */
interface Kind { readonly word: number; readonly store?: boolean; readonly msz: number; readonly esz: number; readonly signed?: boolean; readonly registers?: number }

const at = { Pg: PG, Rn: BASE, Zt: ZT };
const kinds: Readonly<Record<string, Kind>> = {
  'LD1B .b': { word: word('SVE LD1 (scalar plus immediate)', { ...at, dtype: 0 }), msz: 0, esz: 0 },
  'LD1SB .d': { word: word('SVE LD1 (scalar plus immediate)', { ...at, dtype: 12 }), msz: 0, esz: 3, signed: true },
  'LD1H .s': { word: word('SVE LD1 (scalar plus immediate)', { ...at, dtype: 6 }), msz: 1, esz: 2 },
  'LDNT1W': { word: word('SVE LDNT1 (scalar plus immediate)', { ...at, msz: 2 }), msz: 2, esz: 2 },
  'LD2H': { word: word('SVE LD2-LD4 (scalar plus immediate)', { ...at, msz: 1, opc: 1 }), msz: 1, esz: 1, registers: 2 },
  'LD3D': { word: word('SVE LD2-LD4 (scalar plus immediate)', { ...at, msz: 3, opc: 2 }), msz: 3, esz: 3, registers: 3 },
  'LD4B': { word: word('SVE LD2-LD4 (scalar plus immediate)', { ...at, msz: 0, opc: 3 }), msz: 0, esz: 0, registers: 4 },
  'ST1B .b': { word: word('SVE ST1 (scalar plus immediate)', { ...at, msz: 0, esz: 0 }), store: true, msz: 0, esz: 0 },
  'ST1B .d': { word: word('SVE ST1 (scalar plus immediate)', { ...at, msz: 0, esz: 3 }), store: true, msz: 0, esz: 3 },
  'ST1H .s': { word: word('SVE ST1 (scalar plus immediate)', { ...at, msz: 1, esz: 2 }), store: true, msz: 1, esz: 2 },
  'STNT1D': { word: word('SVE STNT1 (scalar plus immediate)', { ...at, msz: 3 }), store: true, msz: 3, esz: 3 },
  'ST2W': { word: word('SVE ST2-ST4 (scalar plus immediate)', { ...at, msz: 2, opc: 1 }), store: true, msz: 2, esz: 2, registers: 2 },
  'ST3H': { word: word('SVE ST2-ST4 (scalar plus immediate)', { ...at, msz: 1, opc: 2 }), store: true, msz: 1, esz: 1, registers: 3 },
  'ST4D': { word: word('SVE ST2-ST4 (scalar plus immediate)', { ...at, msz: 3, opc: 3 }), store: true, msz: 3, esz: 3, registers: 4 },
};

const memoryByte = (address: number): bigint => BigInt((address * 37 + (address >> 3)) & 0xff);
const vector = (r: number): bigint => Array.from({ length: 16 }, (_, i) => BigInt((r * 16 + i * 11 + 5) & 0xff) << BigInt(i * 8)).reduce((a, b) => a | b);
const V = ({ cpu: { state } }: Subject, r: number): bigint => state.v[2 * r]! | state.v[2 * r + 1]! << 64n;
const setV = ({ cpu: { state } }: Subject, r: number, bits: bigint): void => {
  state.v[2 * r] = BigInt.asUintN(64, bits);
  state.v[2 * r + 1] = bits >> 64n;
};
const bytesOf = (s: Subject, from: number, length: number): bigint[] =>
  Array.from({ length }, (_, i) => (s.peek64((from + i) & ~7) >> BigInt(((from + i) & 7) * 8)) & 0xffn);

function prepare(make: (typeof subjects)[number][1]): Subject {
  const s = make(model);
  s.cpu.state.CPACR_EL1 = CPACR_FPEN_ZEN;
  s.cpu.stateChanged();
  return s;
}

function fresh(s: Subject, p = 0xffff): void {
  for (let word = HOLE - 128; word < HOLE; word += 8) {
    s.poke64(word, Array.from({ length: 8 }, (_, i) => memoryByte(word + i) << BigInt(i * 8)).reduce((a, b) => a | b));
  }
  for (let r = 0; r < 8; r++) setV(s, r, vector(r));
  s.cpu.state.p[PG] = p;
  s.cpu.state.p[FFR] = 0xffff;
}

/** What the manual's loop over elements does with the bytes before HOLE. */
function expectedOf({ store, msz, esz, signed, registers = 1 }: Kind, base: number, p: number): { far?: number; v: bigint[]; stored: Map<number, bigint> } {
  const v = Array.from({ length: registers }, (_, r) => (store ? vector(ZT + r) : 0n));
  const stored = new Map<number, bigint>();
  for (let e = 0; e < 16 >> esz; e++) {
    if (!((p >> (e << esz)) & 1)) continue;
    for (let r = 0; r < registers; r++) {
      const address = base + ((e * registers + r) << msz);
      if (address + (1 << msz) > HOLE) return { far: Math.max(HOLE, address), v: v.map((_, i) => vector(ZT + i)), stored };
      let value = 0n;
      for (let i = 0; i < 1 << msz; i++) {
        if (store) stored.set(address + i, (v[r]! >> BigInt((e << esz) * 8 + i * 8)) & 0xffn);
        else value |= memoryByte(address + i) << BigInt(i * 8);
      }
      if (!store) v[r]! |= BigInt.asUintN(8 << esz, signed ? BigInt.asIntN(8 << msz, value) : value) << BigInt((e << esz) * 8);
    }
  }
  return { v, stored };
}

/** All, none, every other element, and those of either end. */
const predicates = [0xffff, 0, 0x3333, 0x00ff, 0xff00, 0x8001];

describe.each(subjects)('%s', (_name, make) => {
  const s = prepare(make);

  test.each(Object.entries(kinds))('the k-th of N elements faults: %s', (_kind, kind) => {
    const { word: encoded, store, msz, esz, registers = 1 } = kind;
    const total = (registers * 16) >> (esz - msz);
    const step = Math.max(1, total >> 4);
    for (let inside = 0; inside <= total; inside += step) {
      for (const p of inside % (4 * step) === 0 ? predicates : [0xffff, 0x5555]) {
        fresh(s, p);
        s.cpu.state.x[BASE] = BigInt(HOLE - inside);
        const { far, v, stored } = expectedOf(kind, HOLE - inside, p);
        const fault = s.run(encoded);
        const expected = far === undefined ? undefined : { esr: store ? ofWrite(TRANSLATION) : TRANSLATION, far: BigInt(far) };
        expect([inside, p, fault]).toEqual([inside, p, expected]);
        expect([inside, p, ...v.map((_, r) => V(s, ZT + r))]).toEqual([inside, p, ...v]);
        expect(bytesOf(s, HOLE - 80, 80)).toEqual(Array.from({ length: 80 }, (_, i) => stored.get(HOLE - 80 + i) ?? memoryByte(HOLE - 80 + i)));
        expect([s.cpu.state.x[BASE], s.cpu.state.p[FFR]]).toEqual([BigInt(HOLE - inside), 0xffff]);
      }
    }
  });

  test('stores of some elements leave the bytes between them', () => {
    for (const [name, kind] of Object.entries(kinds).filter(([, { store, registers }]) => store && registers === undefined)) {
      for (const p of [0x0001, 0x007f, 0x07ff, 0x0ff0, 0x7ffe, 0x8000, 0xbeef, 0x1110, 0x0101, 0xf00f]) {
        fresh(s, p);
        s.cpu.state.x[BASE] = BigInt(HOLE - 40);
        const { stored } = expectedOf(kind, HOLE - 40, p);
        expect([name, p, s.run(kind.word)]).toEqual([name, p, undefined]);
        expect([name, p, bytesOf(s, HOLE - 48, 32)]).toEqual([name, p, Array.from({ length: 32 }, (_, i) => stored.get(HOLE - 48 + i) ?? memoryByte(HOLE - 48 + i))]);
      }
    }
  });

  test('LD1R faults only where an element is active', () => {
    const encoded = word('SVE LD1R', { ...at, dtypeh: 2, dtypel: 2, imm6: 1 });
    for (const p of [0, 0xeeee, 0x1000]) {
      fresh(s, p);
      s.cpu.state.x[BASE] = BigInt(HOLE - 4);
      expect([p, s.run(encoded)]).toEqual([p, p === 0x1000 ? { esr: TRANSLATION, far: BigInt(HOLE) } : undefined]);
      expect(V(s, ZT)).toBe(p === 0x1000 ? vector(ZT) : 0n);
    }
  });

  test('a gather whose destination holds its offsets, each element in turn at the hole', () => {
    for (const [encoded, size] of [
      [word('SVE LD1 (gather, 32-bit offsets)', { msz: 1, xs: 1, scaled: 1, Zm: ZT, U: 1, ff: 0, ...at }), 4],
      [word('SVE LD1 (gather, 64-bit offsets)', { msz: 1, scaled: 1, Zm: ZT, U: 1, ff: 0, ...at }), 8],
    ] as const) {
      const count = 16 / size;
      for (let bad = 0; bad <= count; bad++) {
        for (const p of [0xffff, 0xffff & ~(1 << (bad * size))]) {
          fresh(s, p);
          s.cpu.state.x[BASE] = BigInt(HOLE);
          const offsets = Array.from({ length: count }, (_, e) => (e === bad ? 0 : -2 - 6 * e));
          const bits = offsets.reduce((all, offset, e) => all | BigInt.asUintN(size * 8, BigInt(offset / 2)) << BigInt(e * size * 8), 0n);
          setV(s, ZT, bits);
          const faults = bad < count && p === 0xffff;
          expect([bad, p, s.run(encoded)]).toEqual([bad, p, faults ? { esr: TRANSLATION, far: BigInt(HOLE) } : undefined]);
          const loaded = offsets.reduce((all, offset, e) =>
            (e === bad || !((p >> (e * size)) & 1) ? all : all | (memoryByte(HOLE + offset) | memoryByte(HOLE + offset + 1) << 8n) << BigInt(e * size * 8)), 0n);
          expect(V(s, ZT)).toBe(faults ? bits : loaded);
        }
      }
    }
  });

  test('a scatter stores what comes before the element that faults', () => {
    const encoded = word('SVE ST1 (scatter, vector plus immediate)', { msz: 0, words: 1, imm5: 3, Zn: 2, Pg: PG, Zt: ZT });
    for (let bad = 0; bad < 4; bad++) {
      fresh(s, 0xfff7);
      setV(s, 2, [8, 16, 24, 32].reduce((all, back, e) => all | BigInt(HOLE - 3 - (e === bad ? 0 : back)) << BigInt(e * 32), 0n));
      expect(s.run(encoded)).toEqual({ esr: ofWrite(TRANSLATION), far: BigInt(HOLE) });
      const stored = [8, 16, 24, 32].map((back, e) => [HOLE - back, (vector(ZT) >> BigInt(e * 32)) & 0xffn] as const).slice(0, bad);
      const expected = new Map(stored);
      expect(bytesOf(s, HOLE - 40, 40)).toEqual(Array.from({ length: 40 }, (_, i) => expected.get(HOLE - 40 + i) ?? memoryByte(HOLE - 40 + i)));
    }
  });

  const cut = (bytes: bigint[]): bigint => bytes.reduce((all, byte, i) => all | byte << BigInt(i * 8), 0n);

  test('LDFF1 and LDNF1 end where nothing is mapped', () => {
    const [first, none] = [word('SVE LDFF1 (scalar plus scalar)', { ...at, dtype: 0, Rm: 31 }), word('SVE LDNF1 (scalar plus immediate)', { ...at, dtype: 0 })];
    for (const encoded of [first, none]) {
      for (let inside = 1; inside <= 16; inside += 5) {
        fresh(s);
        s.cpu.state.p[FFR] = 0x7fff;
        s.cpu.state.x[BASE] = BigInt(HOLE - inside);
        expect([inside, s.run(encoded)]).toEqual([inside, undefined]);
        expect([s.cpu.state.p[FFR], V(s, ZT)]).toEqual([(2 ** inside - 1) & 0x7fff, cut(bytesOf(s, HOLE - inside, inside))]);
        // What isn't active can't end it, and where nothing is active behind the border nothing ends.
        fresh(s, 2 ** inside - 1);
        expect([inside, s.run(encoded), s.cpu.state.p[FFR]]).toEqual([inside, undefined, 0xffff]);
      }
    }
    fresh(s, 0xfff0);
    s.cpu.state.x[BASE] = BigInt(HOLE - 4);
    expect([s.run(first), s.cpu.state.p[FFR], V(s, ZT)]).toEqual([{ esr: TRANSLATION, far: BigInt(HOLE) }, 0xffff, vector(ZT)]);
    fresh(s, 0xfff0);
    s.cpu.state.x[BASE] = BigInt(HOLE - 4);
    expect([s.run(none), s.cpu.state.p[FFR], V(s, ZT)]).toEqual([undefined, 0xf, 0n]);
  });

  test('FFR of elements that are larger in the register than in memory', () => {
    fresh(s);
    s.cpu.state.x[BASE] = BigInt(HOLE - 6);
    expect(s.run(word('SVE LDFF1 (scalar plus scalar)', { ...at, dtype: 6, Rm: 31 }))).toBeUndefined();
    expect([s.cpu.state.p[FFR], V(s, ZT) >> 96n]).toEqual([0xfff, 0n]);
    expect(s.run(word('SVE LDNF1 (scalar plus immediate)', { ...at, dtype: 10 }))).toBeUndefined();
    expect(s.cpu.state.p[FFR]).toBe(0xf);
  });

  test('a first-fault gather ends at each element but the first active one', () => {
    const encoded = word('SVE LD1 (gather, 32-bit offsets)', { msz: 2, xs: 1, scaled: 0, Zm: 2, U: 1, ff: 1, ...at });
    for (let bad = 0; bad < 4; bad++) {
      for (const p of [0xffff, 0xfff0]) {
        fresh(s, p);
        s.cpu.state.x[BASE] = BigInt(HOLE);
        setV(s, 2, [4, 8, 12, 16].reduce((all, back, e) => all | BigInt.asUintN(32, e === bad ? 0n : BigInt(-back)) << BigInt(e * 32), 0n));
        const first = p === 0xffff ? 0 : 1;
        const fault = s.run(encoded);
        if (bad === first) {
          expect([p, fault, s.cpu.state.p[FFR], V(s, ZT)]).toEqual([p, { esr: TRANSLATION, far: BigInt(HOLE) }, 0xffff, vector(ZT)]);
          continue;
        }
        const kept = bad < first ? 4 : bad;
        const loaded = [4, 8, 12, 16].reduce((all, back, e) =>
          (e < first || e >= kept ? all : all | cut(bytesOf(s, HOLE - back, 4)) << BigInt(e * 32)), 0n);
        expect([p, bad, fault, s.cpu.state.p[FFR], V(s, ZT)]).toEqual([p, bad, undefined, 0xffff >> (16 - 4 * kept), loaded]);
      }
    }
  });

  test('prefetches do nothing, wherever they point', () => {
    fresh(s);
    s.cpu.state.x[BASE] = BigInt(HOLE);
    expect(s.run(word('SVE PRF (scalar plus immediate)', { msz: 3, imm6: 2, Pg: PG, Rn: BASE }))).toBeUndefined();
    expect(s.run(word('SVE PRF (vector plus immediate, 64-bit)', { msz: 0, imm5: 2, Pg: PG, Zn: 2 }))).toBeUndefined();
  });

  test('LDR and STR of vectors and predicates', () => {
    fresh(s);
    s.cpu.state.x[BASE] = BigInt(HOLE - 32);
    expect(s.run(word('SVE LDR (vector)', { imm9h: 0, imm9l: 1, Rn: BASE, Zt: ZT }))).toBeUndefined();
    expect(V(s, ZT)).toBe(cut(bytesOf(s, HOLE - 16, 16)));
    expect(s.run(word('SVE LDR (predicate)', { imm9h: 63, imm9l: 7, Rn: BASE, Pt: 9 }))).toBeUndefined();
    expect(s.cpu.state.p[9]).toBe(Number(cut(bytesOf(s, HOLE - 34, 2))));
    expect(s.run(word('SVE STR (predicate)', { imm9h: 1, imm9l: 0, Rn: BASE, Pt: 9 }))).toBeUndefined();
    expect(cut(bytesOf(s, HOLE - 16, 2))).toBe(BigInt(s.cpu.state.p[9]!));
    s.cpu.state.x[BASE] = BigInt(HOLE - 8);
    expect(s.run(word('SVE STR (vector)', { imm9h: 0, imm9l: 0, Rn: BASE, Zt: ZT }))).toEqual({ esr: ofWrite(TRANSLATION), far: BigInt(HOLE) });
  });

  test('SCTLR_EL1.A asks active elements to be aligned, and LDR as a whole', () => {
    s.cpu.state.SCTLR_EL1 |= SCTLR_A;
    s.cpu.stateChanged();
    fresh(s);
    s.cpu.state.x[BASE] = BigInt(DATA + 2);
    const misaligned = { esr: ALIGNMENT, far: BigInt(DATA + 2) };
    expect(s.run(word('SVE LD1 (scalar plus immediate)', { ...at, dtype: 10 }))).toEqual(misaligned);
    expect(s.run(word('SVE LD1 (scalar plus immediate)', { ...at, dtype: 5 }))).toBeUndefined();
    expect(s.run(word('SVE LD1 (scalar plus immediate)', { ...at, dtype: 0 }))).toBeUndefined();
    expect(s.run(word('SVE LDR (vector)', { imm9h: 0, imm9l: 0, Rn: BASE, Zt: ZT }))).toEqual(misaligned);
    expect(s.run(word('SVE LDNF1 (scalar plus immediate)', { ...at, dtype: 10 }))).toBeUndefined();
    expect(s.cpu.state.p[FFR]).toBe(0);
    s.cpu.state.p[PG] = 0xfff0;
    expect(s.run(word('SVE ST1 (scalar plus immediate)', { ...at, msz: 2, esz: 2 }))).toEqual({ esr: ofWrite(ALIGNMENT), far: BigInt(DATA + 6) });
    s.cpu.state.p[PG] = 0xeeee;
    expect(s.run(word('SVE ST1 (scalar plus immediate)', { ...at, msz: 2, esz: 2 }))).toBeUndefined();
    s.cpu.state.SCTLR_EL1 &= ~SCTLR_A;
    s.cpu.stateChanged();
  });
});
