/** Code that is written over, and code that has to make room: reference A2.19 and A2.14. */
import { describe, expect, test } from 'vitest';
import { Assembler, NE, word } from './assembler.ts';
import { CODE, DATA, HOLE, PAGE_ATTRIBUTES, Rig, tiers } from './rig.ts';

const addX0 = (imm12: number): number => word('ADD/SUB (immediate)', { sf: 1, op: 0, S: 0, imm12, Rn: 0, Rd: 0 });
const OTHER = CODE + 0x3000;

describe.each(tiers)('%s', (_name, tier) => {
  test('A2.19: a word ahead in the same block, behind an ISB', () => {
    const r = new Rig(tier);
    const a = new Assembler(CODE).adr(1, 'patched').mov(3, 40).label('loop').mov(2, addX0(0)).addReg(2, 2, 4).str(2, 1, 0, 2).isb();
    // The immediate grows by 1 each time: ADD's imm12 lies at bit 10.
    a.label('patched').nop().add(4, 4, 1 << 10).subs(3, 3, 1).bCond(NE, 'loop').hvc(1);
    r.load(a).setX({ 0: 0, 4: 0 });
    expect(r.toExit()).toBe('hvc 1');
    expect(r.x(0)).toBe(BigInt((40 * 39) / 2));
    expect(r.engine.cache.invalidations).toBeGreaterThan(0);
  });

  test('A2.19: a word behind, in a loop that comes round to it', () => {
    const r = new Rig(tier);
    const a = new Assembler(CODE).adr(1, 'patched').mov(3, 40).label('loop').label('patched').add(0, 0, 1).mov(2, addX0(0)).addReg(2, 2, 4).str(2, 1, 0, 2).isb();
    a.add(4, 4, 1 << 10).subs(3, 3, 1).bCond(NE, 'loop').hvc(1);
    r.load(a).setX({ 0: 0, 4: 0 });
    expect(r.toExit()).toBe('hvc 1');
    expect(r.x(0)).toBe(1n + BigInt((39 * 38) / 2));
  });

  test('A2.19: without an ISB the loop still comes to see it', () => {
    const r = new Rig(tier);
    // A loop that is one unit: its own store is what has to end it.
    const a = new Assembler(CODE).adr(1, 'patched').mov(2, word('HVC', { imm16: 5 })).mov(3, 500).label('loop').label('patched').nop().subs(3, 3, 1).bCond(NE, 'stay').str(2, 1, 0, 2);
    a.label('stay').add(0, 0, 1).b('loop');
    r.load(a).setX({ 0: 0 });
    r.cpu.setBudget(100_000);
    expect(r.toExit()).toBe('hvc 5');
    expect(r.x(0)).toBeLessThan(502n);
  });

  test('A2.19: a function in another page, called directly and indirectly, is written over and over', () => {
    const r = new Rig(tier);
    r.load(new Assembler(OTHER).label('f').add(0, 0, 1).ret(), false);
    const a = new Assembler(CODE).mov(1, OTHER).mov(3, 50).label('loop').blr(1).blr(1).mov(2, addX0(0)).addReg(2, 2, 4).str(2, 1, 0, 2).isb();
    a.blr(1).add(4, 4, 1 << 10).subs(3, 3, 1).bCond(NE, 'loop').hvc(1);
    r.load(a).setX({ 0: 0, 4: 0 });
    expect(r.toExit()).toBe('hvc 1');
    // Round n (from 0) calls twice what round n - 1 wrote, and once its own.
    const expected = Array.from({ length: 50 }, (_, n) => (n === 0 ? 2 : 2 * (n - 1)) + n).reduce((s, n) => s + n, 0);
    expect(r.x(0)).toBe(BigInt(expected));
  });

  test('A2.19: a function in the same page that units of one module call directly', () => {
    const r = new Rig(tier);
    const a = new Assembler(CODE).adr(1, 'f').mov(3, 50).label('loop').bl('f').bl('g').mov(2, addX0(0)).addReg(2, 2, 4).str(2, 1, 0, 2).isb();
    a.bl('f').add(4, 4, 1 << 10).subs(3, 3, 1).bCond(NE, 'loop').hvc(1).org(CODE + 0x400).label('f').add(0, 0, 1).ret().org(CODE + 0x800).label('g').add(5, 5, 1).ret();
    r.load(a).setX({ 0: 0, 4: 0, 5: 0 });
    expect(r.toExit()).toBe('hvc 1');
    const expected = Array.from({ length: 50 }, (_, n) => (n === 0 ? 1 : n - 1) + n).reduce((s, n) => s + n, 0);
    expect([r.x(0), r.x(5)]).toEqual([BigInt(expected), 50n]);
  });

  test.each([
    ['STRB', (a: Assembler) => a.str(10, 1, 1, 0)], ['STRH', (a: Assembler) => a.str(2, 1, 0, 1)], ['STR', (a: Assembler) => a.str(2, 1)],
    ['STP', (a: Assembler) => a.stp(6, 2, 1, -8)], ['STR Q', (a: Assembler) => a.fmovToV(0, 2).sub(1, 1, 0).strQ(0, 1)],
    ['LDADD', (a: Assembler) => a.ldadd(7, 8, 1)], ['STUR over a page boundary', (a: Assembler) => a.stur(9, 1, -4)],
  ])('A2.19: every way of writing drops what it hits: %s', (_way, store) => {
    const r = new Rig(tier);
    // The function's first word, at the start of a page; its second is a RET.
    const f = new Assembler(OTHER).add(0, 0, 1).ret();
    const RET = BigInt(word('BR/BLR/RET', { opc: 2, Rn: 30 })) << 32n;
    const now = RET | BigInt(addX0(2));
    const a = new Assembler(CODE).blr(1);
    store(a);
    a.isb().blr(1).hvc(1);
    for (let round = 0; round < 6; round++) {
      r.load(f, false).load(a).setX({ 0: 0, 1: OTHER, 2: now, 6: 0, 7: 1 << 10, 8: 0, 9: now << 32n, 10: now >> 8n });
      expect(r.toExit()).toBe('hvc 1');
      expect(r.x(0)).toBe(3n);
    }
  });

  test('A2.19: through another address of the same page', () => {
    const r = new Rig(tier);
    r.map(HOLE, BigInt(OTHER) | PAGE_ATTRIBUTES);
    r.cpu.flushTlb();
    r.load(new Assembler(OTHER).add(0, 0, 1).ret(), false);
    const a = new Assembler(CODE).str(2, 3, 8).mov(5, 6).label('loop').blr(1).blr(4).subs(5, 5, 1).bCond(NE, 'loop').str(2, 3, 0, 2).isb().blr(1).blr(4).hvc(1);
    r.load(a).setX({ 0: 0, 1: OTHER, 2: addX0(100), 3: HOLE, 4: HOLE });
    expect(r.toExit()).toBe('hvc 1');
    expect(r.x(0)).toBe(212n);
  });

  test('A2.19: data beside code in one page is written without dropping the code', () => {
    const r = new Rig(tier);
    const a = new Assembler(CODE).mov(1, CODE + 0x800).mov(3, 2000).label('loop').str(3, 1).stp(3, 3, 1, 16).strQ(0, 1, 32).ldr(4, 1).addReg(0, 0, 4).subs(3, 3, 1).bCond(NE, 'loop').hvc(1);
    r.load(a).setX({ 0: 0 });
    const before = r.engine.cache.invalidations;
    expect(r.toExit()).toBe('hvc 1');
    const translated = `${r.engine.compiler.units} ${r.engine.space.modules}`;
    expect(r.enter(CODE).setX({ 0: 0 }).toExit()).toBe('hvc 1');
    expect(r.x(0)).toBe(2_001_000n);
    expect(r.engine.cache.invalidations).toBe(before);
    expect(`${r.engine.compiler.units} ${r.engine.space.modules}`).toBe(translated);
  });

  test('A2.19: a page whose code is all gone is written freely, and can hold code again', () => {
    const r = new Rig(tier);
    for (let n = 1; n < 30; n++) {
      r.load(new Assembler(OTHER).add(0, 0, n).ret(), false);
      const a = new Assembler(CODE).blr(1).mov(3, 20).label('loop').str(3, 1).subs(3, 3, 1).bCond(NE, 'loop').str(2, 1).isb().blr(1).hvc(1);
      r.load(a).setX({ 0: 0, 1: OTHER, 2: (BigInt(word('BR/BLR/RET', { opc: 2, Rn: 30 })) << 32n) | BigInt(addX0(n + 1)) });
      expect(r.toExit()).toBe('hvc 1');
      expect(r.x(0)).toBe(BigInt(2 * n + 1));
    }
  });

  test('A2.19: the host changes memory under translated code', () => {
    const r = new Rig(tier);
    for (let n = 0; n < 20; n++) {
      const a = new Assembler(CODE).mov(3, 10).label('loop').add(0, 0, n).subs(3, 3, 1).bCond(NE, 'loop').hvc(n);
      expect(r.load(a).setX({ 0: 0 }).toExit()).toBe(`hvc ${n}`);
      expect(r.x(0)).toBe(BigInt(10 * n));
    }
  });

  test('A2.19: the page that code lies in is mapped elsewhere', () => {
    const r = new Rig(tier);
    const [one, two] = [CODE + 0x5000, CODE + 0x6000];
    r.load(new Assembler(one).add(0, 0, 1).ret(), false).load(new Assembler(two).add(0, 0, 100).ret(), false);
    const a = new Assembler(CODE).mov(3, 10).label('loop').blr(1).str(5, 4).tlbiAll().isb().blr(1).str(6, 4).tlbiAll().isb().subs(3, 3, 1).bCond(NE, 'loop').hvc(1);
    const entry = r.state.TTBR0_EL1 + 0x2000n + BigInt(((HOLE - CODE) >>> 12) * 8);
    r.map(HOLE, BigInt(one) | PAGE_ATTRIBUTES);
    r.cpu.flushTlb();
    r.load(a).setX({ 0: 0, 1: HOLE, 4: entry, 5: BigInt(two) | PAGE_ATTRIBUTES, 6: BigInt(one) | PAGE_ATTRIBUTES });
    expect(r.toExit()).toBe('hvc 1');
    expect(r.x(0)).toBe(1010n);
  });
});

/** Calls all over 16 pages, each function with loops and loads of its own. */
function spread(): { pages: Assembler[]; main: Assembler; expected: bigint } {
  const FUNCTIONS = 64;
  const pages: Assembler[] = [];
  const main = new Assembler(CODE).mov(10, 4).label('again');
  for (let n = 0; n < FUNCTIONS; n++) {
    const at = CODE + 0x4000 + (n % 16) * 0x1000 + (n >>> 4) * 0x200;
    const a = new Assembler(at).mov(2, 3).label('loop').ldr(3, 20).add(3, 3, n).str(3, 20).subs(2, 2, 1).bCond(NE, 'loop').cbz(4, 'out').nop().label('out').add(0, 0, 1).ret();
    pages.push(a);
    main.mov(1, at).blr(1);
  }
  main.subs(10, 10, 1).bCond(NE, 'again').hvc(1);
  return { pages, main, expected: BigInt(4 * 3 * ((FUNCTIONS * (FUNCTIONS - 1)) / 2)) };
}

describe('A2.14: a program is right however little code may be kept', () => {
  const jit = { threshold: 1, compiler: { batch: 1, instructions: 96 } };
  const small = { threshold: 2, compiler: { batch: 5, instructions: 4 } };
  const wide = { slots: 1 << 13, records: 4 << 20, cells: 1 << 14 };
  const all = { bytes: 8 << 20, units: 4000 };
  test.each([
    ['units', { ...jit, sizes: wide, limits: { ...all, units: 8 } }],
    ['units, in modules of several', { ...small, sizes: wide, limits: { ...all, units: 12 } }],
    ['bytes', { ...jit, sizes: wide, limits: { ...all, bytes: 4000 } }],
    ['table slots', { ...jit, sizes: { ...wide, slots: 600 }, limits: all }],
    ['records of the cold tier', { threshold: 0, compiler: jit.compiler, sizes: { ...wide, records: 4096 }, limits: all }],
    ['records, with units beside', { ...small, sizes: { ...wide, records: 4096 }, limits: all }],
    ['link cells', { ...jit, sizes: { ...wide, cells: 128 }, limits: all }],
    ['everything', { ...small, sizes: { slots: 600, records: 4096, cells: 128 }, limits: { bytes: 6000, units: 10 } }],
  ])('%s', (_what, options) => {
    const r = new Rig(options);
    const { pages, main, expected } = spread();
    for (const page of pages) r.load(page, false);
    r.poke64(DATA, 0n);
    r.load(main).setX({ 0: 0, 4: 0, 20: DATA });
    expect(r.toExit()).toBe('hvc 1');
    expect([r.x(0), r.peek64(DATA)]).toEqual([256n, expected]);
    expect(r.engine.cache.evictions + (options.sizes.cells < 200 ? 1 : 0)).toBeGreaterThan(0);
  });
});
