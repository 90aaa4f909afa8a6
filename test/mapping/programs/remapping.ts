/** Mappings that change under code and data: issue 3, item 6. What has to be done for a change to count: ARM DDI 0487, D8.14. */
import { type Assembler, NE } from '../../vcpu/assembler.ts';
import {
  abortSyndrome, AF, AP_EL0, AP_RO, Builder, CODE, CONTIGUOUS, DATA, nG, pageAt, type Program, PXN, TTBR0_EL1, UXN, VALID, WINDOW,
} from '../program.ts';

const A = CODE + 0x8000;
const B = CODE + 0x9000;
const WX = WINDOW + 0x3000;
const PERMISSION = 0x0f;
const TRANSLATION = 0x07;

const DSB_ISHST = 0xd503_3a9f;
const DSB_ISH = 0xd503_3b9f;
const TLBI_VMALLE1 = 0xd508_871f;
const operand = { vae1: 0xd508_8720, vaae1: 0xd508_8760, vale1is: 0xd508_83a0, aside1: 0xd508_8740, rvae1: 0xd508_8620, rvaae1is: 0xd508_8260 } as const;

const flush = (a: Assembler): Assembler => a.raw(DSB_ISHST, TLBI_VMALLE1, DSB_ISH).isb();
/** With the operand in X9. */
const flushBy = (a: Assembler, tlbi: keyof typeof operand, value: bigint | number): Assembler =>
  a.raw(DSB_ISHST).mov(9, value).raw(operand[tlbi] | 9, DSB_ISH).isb();
const flushPage = (a: Assembler, va: number): Assembler => flushBy(a, 'vae1', va >>> 12);
const noFlush = (a: Assembler): Assembler => a.raw(DSB_ISH).isb();
const write = (a: Assembler, at: number, descriptor: bigint): Assembler => a.mov(10, at).mov(11, descriptor).str(11, 10);
const note = (a: Assembler, Rt: number): Assembler => a.strIndexed('post', Rt, 28, 8);

type Flush = (a: Assembler) => void;
const flushes: readonly (readonly [name: string, flush: Flush])[] = [
  ['VMALLE1', a => void flush(a)],
  ['VAE1', a => void flushPage(a, WINDOW)],
  ['VAAE1', a => void flushBy(a, 'vaae1', WINDOW >>> 12)],
  ['VALE1IS, with a level', a => void flushBy(a, 'vale1is', BigInt(WINDOW >>> 12) | (7n << 44n))],
  ['RVAE1, of two pages', a => void flushBy(a, 'rvae1', BigInt(WINDOW >>> 12) | (1n << 46n))],
  ['RVAAE1IS, of many', a => void flushBy(a, 'rvaae1is', BigInt((WINDOW - 0x10_0000) >>> 12) | (1n << 46n) | (31n << 39n) | (1n << 44n))],
];

/** A function at the same place of two pages, called while the mapping goes to and fro. */
function functionRemapped([name, flush]: (typeof flushes)[number]): Program {
  const b = new Builder();
  b.map(WINDOW, A);
  b.code(A, f => f.add(0, 0, 1).ret()).code(B, f => f.add(0, 0, 100).ret());
  const a = b.main.mov(0, 0).mov(1, WINDOW).mov(3, 12).label('loop').blr(1);
  write(a, b.entry(WINDOW), pageAt(B));
  flush(a);
  a.blr(1);
  write(a, b.entry(WINDOW), pageAt(A));
  flush(a);
  a.subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(12 * 101);
  return b.build(`a function's page is mapped elsewhere, ${name}`);
}

/** The code that changes the mapping runs in the page that it changes: behind the ISB the other page's code goes on. */
function underItself(name: string, flush: Flush): Program {
  const b = new Builder();
  b.map(WINDOW, A);
  for (const [page, value, other] of [[A, 1, B], [B, 100, A]] as const) {
    b.code(page, f => {
      write(f, b.entry(WINDOW), pageAt(other));
      flush(f);
      // The mapping leads to `other` now, where this place adds its own value.
      f.add(0, 0, value).ret();
    });
  }
  const a = b.main.mov(0, 0).mov(1, WINDOW).mov(3, 10).label('loop').blr(1).subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(5 * 101);
  return b.build(`code maps its own page elsewhere, ${name}`);
}

function unmapsItself(): Program {
  const b = new Builder();
  b.map(WINDOW, A);
  let behind = 0;
  b.code(A, f => {
    write(f, b.entry(WINDOW), 0n);
    behind = flush(f).here - A;
  });
  const a = b.main.adr(27, 'back').mov(1, WINDOW).br(1).label('back').mov(0, 5);
  note(a, 0);
  // Behind the TLBI the next instruction, or one of the next up to the ISB's end, is not there any more.
  b.expect(abortSyndrome('fetch', TRANSLATION));
  for (let n = 0; n < 2; n++) b.expectOneOf(WINDOW + behind - 8, WINDOW + behind - 4, WINDOW + behind);
  b.expect(5);
  return b.build('code unmaps its own page');
}

/** A page that can be written or executed, never both. */
function writeXorExecute(): Program {
  const ROUNDS = 8;
  const b = new Builder();
  const [writable, executable] = [pageAt(A, PXN), pageAt(A, AP_RO)];
  b.set(b.entry(WX), writable);
  // ADD X0, X0, #1 and RET; the immediate grows by 1 each round.
  const a = b.main.mov(0, 0).mov(1, WX).mov(2, (0xd65f_03c0n << 32n) | 0x9100_0400n).mov(3, ROUNDS).label('loop');
  a.adr(27, 'store').br(1).label('store').str(2, 1);
  write(a, b.entry(WX), executable);
  const refused = flushPage(a, WX).blr(1).here;
  a.str(2, 1).add(2, 2, 1 << 10);
  write(a, b.entry(WX), writable);
  flushPage(a, WX).subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  for (let n = 0; n < ROUNDS; n++) b.expectAbort('fetch', PERMISSION, WX).expectAbort('write', PERMISSION, WX, refused);
  b.expect((ROUNDS * (ROUNDS + 1)) / 2);
  return b.build('a page that is written, then executed, never both');
}

/** Without TLBI an entry may be used that was read before: each outcome is allowed until the TLBI, and one only behind it. */
function permissionsWithoutTLBI(): Program {
  const b = new Builder();
  b.map(WINDOW, DATA);
  const a = b.main.mov(1, WINDOW).mov(2, 7);
  a.str(2, 1);
  write(a, b.entry(WINDOW), pageAt(DATA, AP_RO));
  noFlush(a);
  // Our entry may still be there: the store is done. An abort would note three results, so the handler goes on there.
  a.add(2, 2, 1).str(2, 1).ldr(4, 1);
  note(a, 4);
  b.expect(8);
  flushPage(a, WINDOW);
  const at = a.here;
  a.str(2, 1);
  b.expectAbort('write', PERMISSION, WINDOW, at);
  // And more rights, too, may come late: an abort that the tables don't say any more would be allowed.
  write(a, b.entry(WINDOW), pageAt(DATA));
  noFlush(a).add(2, 2, 1).str(2, 1).ldr(4, 1);
  note(a, 4);
  b.expect(9);
  return b.build('permissions change without TLBI');
}

/** What was invalid is never kept: a new mapping needs no TLBI. */
function mappedWithoutTLBI(): Program {
  const b = new Builder();
  const a = b.main.mov(0, 0).mov(1, WINDOW).mov(3, 0);
  b.entry(WINDOW);
  const load = a.here;
  a.ldr(2, 1);
  b.expectAbort('read', TRANSLATION, WINDOW, load);
  a.adr(27, 'mapped').br(1).label('mapped');
  b.expectAbort('fetch', TRANSLATION, WINDOW);
  b.code(A, f => f.add(0, 0, 1).ret());
  write(a, b.entry(WINDOW), pageAt(A));
  noFlush(a).blr(1).ldr(2, 1, 0, 2);
  note(a, 0);
  note(a, 2);
  b.expect(1, 0x9100_0400);
  // Without the access flag neither.
  write(a, b.entry(WINDOW), pageAt(A) & ~AF);
  flush(a);
  const flagless = a.here;
  a.ldr(2, 1);
  b.expectAbort('read', 0x0b, WINDOW, flagless);
  write(a, b.entry(WINDOW), pageAt(A));
  noFlush(a).ldr(2, 1, 4, 2);
  note(a, 2);
  b.expect(0xd65f_03c0);
  return b.build('a mapping becomes valid without TLBI');
}

/** Two spaces that differ in one page of the lower half; `bits`: nG or global. */
interface Spaces { readonly b: Builder; readonly ttbr: readonly [bigint, bigint] }
function twoSpaces(attributes: bigint, asids: readonly [number, number]): Spaces {
  const b = new Builder();
  b.map(WINDOW, A, attributes);
  b.code(A, f => f.add(0, 0, 1).ret()).code(B, f => f.add(0, 0, 100).ret());
  // The other root shares everything but the table of the window.
  const [root, middle, leaf] = [b.table(), b.table(), b.table()];
  for (let n = 0; n < 512; n++) b.set(root + n * 8, b.get(b.root0 + n * 8));
  const old = Number(b.get(b.root0 + 8) & 0xffff_ffff_f000n);
  for (let n = 0; n < 512; n++) b.set(middle + n * 8, b.get(old + n * 8));
  b.set(root + 8, BigInt(middle) | 3n);
  b.set(middle + (((WINDOW >>> 21) & 511) * 8), BigInt(leaf) | 3n);
  b.set(leaf, pageAt(B, attributes));
  return { b, ttbr: [BigInt(b.root0) | (BigInt(asids[0]) << 48n), BigInt(root) | (BigInt(asids[1]) << 48n)] };
}
const use = (a: Assembler, ttbr: bigint): Assembler => a.mov(9, ttbr).msr(TTBR0_EL1, 9).isb();

function switching(): Program {
  const { b, ttbr } = twoSpaces(nG, [1, 2]);
  const a = b.main.mov(0, 0).mov(1, WINDOW).mov(3, 20).label('loop');
  use(a, ttbr[1]).blr(1).ldr(4, 1, 0, 2);
  use(a, ttbr[0]).blr(1).ldr(5, 1, 0, 2);
  a.subs(3, 3, 1).bCond(NE, 'loop');
  for (const n of [0, 4, 5]) note(a, n);
  b.expect(20 * 101, 0x9101_9000, 0x9100_0400);
  return b.build('two address spaces in turn, no TLBI');
}

function reusedASID(): Program {
  const { b, ttbr } = twoSpaces(nG, [3, 3]);
  const a = b.main.mov(0, 0).mov(1, WINDOW).mov(3, 10).label('loop');
  for (const n of [1, 0]) {
    use(a, ttbr[n]!);
    flushBy(a, 'aside1', 3n << 48n).blr(1);
  }
  a.subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(10 * 101);
  return b.build('one ASID for two address spaces, TLBI ASIDE1 between');
}

/** The same tables at another time: entries of the ASID go, though the registers are as they were. */
function tablesChangeUnderASID(): Program {
  const { b, ttbr } = twoSpaces(nG, [3, 4]);
  const a = b.main.mov(0, 0).mov(1, WINDOW).mov(3, 6).label('loop');
  use(a, ttbr[0]).blr(1);
  use(a, ttbr[1]).blr(1);
  // From the second space the first one's page is given another place.
  write(a, b.entry(WINDOW), pageAt(B, nG));
  flushBy(a, 'aside1', 3n << 48n);
  use(a, ttbr[0]).blr(1);
  write(a, b.entry(WINDOW), pageAt(A, nG));
  flushBy(a, 'aside1', 3n << 48n).subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(6 * 201);
  return b.build('the tables of another ASID change, TLBI ASIDE1');
}

/** Global: TLBI by ASID need not take it, TLBI by address with any ASID has to. */
function globalEntries(): Program {
  const { b, ttbr } = twoSpaces(0n, [1, 2]);
  const a = b.main.mov(0, 0).mov(1, WINDOW).mov(3, 6).label('loop');
  use(a, ttbr[0]).blr(1);
  use(a, ttbr[1]);
  flushBy(a, 'vae1', BigInt(WINDOW >>> 12) | (2n << 48n)).blr(1);
  use(a, ttbr[0]);
  flushBy(a, 'vaae1', WINDOW >>> 12);
  a.subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(6 * 101);
  return b.build('global entries in two address spaces, TLBI by address');
}

/** Sixteen pages with the contiguous bit that aren't: each is where its descriptor says, or the TLB may have conflicts. */
function contiguousMisuse(): Program {
  const b = new Builder();
  const a = b.main.mov(0, 0);
  for (let n = 0; n < 16; n++) {
    const page = DATA + ((n * 7) % 16) * 0x1000;
    b.map(WINDOW + n * 0x1000, page, CONTIGUOUS);
    b.set(page, BigInt(n + 100));
  }
  for (let n = 0; n < 16; n++) {
    note(a.mov(1, WINDOW + n * 0x1000).ldr(2, 1), 2);
    b.expect(n + 100);
  }
  return b.build('the contiguous bit on pages that are not');
}

/** Of eight pages that change, a range names the middle four; then each of the others by itself. */
function ranges(): Program {
  const b = new Builder();
  const a = b.main;
  const [before, after] = [DATA, DATA + 0x8000];
  for (let n = 0; n < 8; n++) {
    b.map(WINDOW + n * 0x1000, before + n * 0x1000);
    b.set(before + n * 0x1000, BigInt(n)).set(after + n * 0x1000, BigInt(n + 100));
  }
  const all = (): void => void Array.from({ length: 8 }, (_, n) => note(a.mov(1, WINDOW + n * 0x1000).ldr(2, 1), 2));
  all();
  for (let n = 0; n < 8; n++) b.expect(n);
  for (let n = 0; n < 8; n++) write(a, b.entry(WINDOW + n * 0x1000), pageAt(after + n * 0x1000));
  // Pages 2 to 5: NUM 1, SCALE 0.
  flushBy(a, 'rvae1', BigInt((WINDOW >>> 12) + 2) | (1n << 46n) | (1n << 39n));
  all();
  for (let n = 0; n < 8; n++) if (n >= 2 && n < 6) b.expect(n + 100); else b.expectOneOf(n, n + 100);
  for (const n of [0, 1, 6, 7]) flushPage(a, WINDOW + n * 0x1000);
  all();
  for (let n = 0; n < 8; n++) b.expect(n + 100);
  return b.build('TLBI by range: what is in it goes');
}

/** A block becomes a table that says something else of one page; TLBI by any address of the block takes all of it. */
function splitBlock(what: 'code' | 'data'): Program {
  const b = new Builder();
  const start = 0x5040_0000;
  const VA = start + (A & 0x1f_ffff);
  const at = b.entryAt(b.root0, BigInt(start), 2);
  const block = BigInt(CODE & -0x20_0000) | VALID | AF;
  b.set(at, block);
  const leaf = b.table();
  for (let n = 0; n < 512; n++) b.set(leaf + n * 8, pageAt((CODE & -0x20_0000) + n * 0x1000));
  b.set(leaf + ((A >>> 12) & 511) * 8, pageAt(B));
  b.code(A, f => f.add(0, 0, 1).ret()).code(B, f => f.add(0, 0, 100).ret());
  const a = b.main.mov(0, 0).mov(1, VA).mov(3, 6).label('loop');
  const look = (): Assembler => (what === 'code' ? a.blr(1) : a.ldr(4, 1, 0, 2).addReg(0, 0, 4));
  look();
  write(a, at, BigInt(leaf) | 3n);
  flushPage(a, start + 0x3000);
  look();
  write(a, at, block);
  // Of pages, each has to be named.
  flushPage(a, VA).subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(6 * (what === 'code' ? 101 : 0x9100_0400 + 0x9101_9000));
  const notOnQemu = what === 'code' ? 'version 7.2 keeps code of a block in its jump cache but for the page that the TLBI names' : undefined;
  return b.build(`a block of ${what} becomes a table and back, TLBI by another address of it`, {}, notOnQemu);
}

/** Data by two addresses, one of them read-only, and writable again through the other. */
function aliasedData(): Program {
  const b = new Builder();
  b.map(WINDOW, DATA, AP_RO | PXN | UXN).map(WINDOW + 0x1000, DATA, AP_EL0 | PXN | UXN);
  const a = b.main.mov(1, WINDOW).mov(2, WINDOW + 0x1000).mov(3, 50).mov(0, 0).label('loop');
  a.str(3, 2, 8).ldr(4, 1, 8).addReg(0, 0, 4).str(0, 2, 0xff8).ldr(5, 1, 0xff8).ldadd(3, 7, 2).ldr(6, 1).subs(3, 3, 1).bCond(NE, 'loop');
  for (const n of [0, 5, 6]) note(a, n);
  const at = a.here;
  a.str(0, 1);
  b.expect(1275, 1275, 1275).expectAbort('write', PERMISSION, WINDOW, at);
  return b.build('data by two addresses, one read-only');
}

export const remapping: readonly Program[] = [
  ...flushes.map(functionRemapped),
  ...flushes.slice(0, 2).map(([name, f]) => underItself(name, f)),
  unmapsItself(),
  writeXorExecute(),
  permissionsWithoutTLBI(),
  mappedWithoutTLBI(),
  switching(),
  reusedASID(),
  tablesChangeUnderASID(),
  globalEntries(),
  contiguousMisuse(),
  ranges(),
  splitBlock('code'),
  splitBlock('data'),
  aliasedData(),
];
