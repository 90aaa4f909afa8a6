/** Tables in awkward places, and what the MMU writes into them. Issue 3, item 6. */
import { type Assembler, NE } from '../../vcpu/assembler.ts';
import {
  AF, AP_RO, Builder, CODE, DATA, DBM, DEVICE, type Program, PXN, pageAt, TCR, TCR_HA, TCR_HD, VOID, WINDOW,
} from '../program.ts';

const A = CODE + 0x8000;
const WALK = 0x14;
const DS = 1n << 59n;
const note = (a: Assembler, Rt: number): Assembler => a.strIndexed('post', Rt, 28, 8);
const flush = (a: Assembler): Assembler => a.raw(0xd503_3a9f, 0xd508_871f, 0xd503_3b9f).isb();
const write = (a: Assembler, at: number, descriptor: bigint): Assembler => a.mov(10, at).mov(11, descriptor).str(11, 10);
const managed = { TCR: TCR | TCR_HA | TCR_HD };

/** Notes the descriptor of the window's first page. */
const noteDescriptor = (b: Builder): Assembler => note(b.main.mov(10, b.entry(WINDOW)).ldr(11, 10), 11);
const CLEAN = pageAt(DATA, AP_RO | DBM);
const OLD = CLEAN & ~AF;

/** Loads fill entries first, so that a store has to come past one that isn't writable. */
function dirtied(name: string, store: (a: Assembler) => void): Program {
  const b = new Builder();
  b.set(b.entry(WINDOW), OLD);
  const a = b.main.mov(1, WINDOW).mov(2, 7).mov(3, 5).mov(4, 0).label('loop');
  noteDescriptor(b);
  a.ldr(4, 1).ldr(5, 1, 8);
  noteDescriptor(b);
  store(a);
  noteDescriptor(b);
  store(a);
  write(a, b.entry(WINDOW), OLD);
  flush(a).subs(3, 3, 1).bCond(NE, 'loop');
  for (let n = 0; n < 5; n++) b.expect(OLD, CLEAN, CLEAN & ~AP_RO);
  return b.build(`dirty state: ${name}`, managed);
}

function accessFlagByFetch(): Program {
  const b = new Builder();
  b.set(b.entry(WINDOW), pageAt(A) & ~AF);
  b.code(A, f => f.add(0, 0, 1).ret());
  const a = b.main.mov(0, 0).mov(1, WINDOW).mov(3, 4).label('loop').blr(1);
  noteDescriptor(b);
  write(a, b.entry(WINDOW), pageAt(A) & ~AF);
  flush(a).subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(pageAt(A), pageAt(A), pageAt(A), pageAt(A), 4);
  return b.build('access flag set by a fetch', managed);
}

/** Over the end of a clean page into one that can't be written: the second faults, and the store isn't done. */
function dirtyAcross(): Program {
  const b = new Builder();
  b.set(b.entry(WINDOW), CLEAN).map(WINDOW + 0x1000, DATA + 0x1000, AP_RO);
  const a = b.main.mov(1, WINDOW + 0x1000).mov(2, -1).mov(5, DATA);
  const at = a.here;
  a.stur(2, 1, -4).ldr(4, 5, 0xff8);
  note(a, 4);
  b.expectAbort('write', 0x0f, WINDOW + 0x1000, at).expect(0);
  return b.build('a store over the end of a clean page that faults in the next', managed);
}

/** The table's page is itself code: descriptors that are instructions. */
function tableIsCode(): Program {
  const b = new Builder();
  const table = b.entry(WINDOW) & -0x1000;
  // Word 0 of an invalid descriptor is code: ADD X0, X0, #1 and RET in descriptors 8 and 9, even words at least.
  b.set(table + 0x100, (0xd65f_03c0n << 32n) | 0x9100_0400n).set(b.entry(WINDOW + 0x2_1000), pageAt(DATA) & ~AF);
  const a = b.main.mov(0, 0).mov(1, table + 0x100).mov(2, WINDOW + 0x2_1000).mov(3, 6).label('loop').blr(1).ldr(4, 2);
  write(a, b.entry(WINDOW + 0x2_1000), pageAt(DATA) & ~AF);
  flush(a).blr(1).subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(12);
  return b.build('code in the page of a table whose access flags are set', managed);
}

/** The table maps itself: descriptors change through an address that they give. */
function selfMapped(): Program {
  const b = new Builder();
  const entry = b.entry(WINDOW + 0x1000);
  const table = entry & -0x1000;
  b.map(WINDOW, table).map(WINDOW + 0x1000, DATA).set(DATA, 5n).set(DATA + 0x1000, 6n);
  const a = b.main.mov(1, WINDOW).mov(2, WINDOW + 0x1000).mov(3, 4).mov(0, 0).mov(5, pageAt(DATA)).mov(6, pageAt(DATA + 0x1000)).label('loop');
  for (const descriptor of [6, 5]) {
    a.ldr(4, 2).addReg(0, 0, 4).str(descriptor, 1, 8);
    flush(a);
  }
  a.subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(44);
  // Then it unmaps its own page: the next store doesn't find it.
  a.str(31, 1);
  const at = flush(a).here;
  a.str(5, 1, 8).ldr(4, 2);
  note(a, 4);
  b.expectAbort('write', 0x07, WINDOW + 8, at).expect(5);
  return b.build('a table that maps itself');
}

/** Tables of each level where no memory is, in a device, and (here alone) in ROM. */
function tablesElsewhere(where: string, pa: number, notOnQemu?: string): Program {
  const b = new Builder();
  const a = b.main;
  b.map(0x60_0000_0000n, DATA).map(0x61_0000_0000n, DATA);
  b.set(b.entryAt(b.root0, 0x60_0000_0000n, 1), BigInt(pa) | 3n).set(b.entryAt(b.root0, 0x61_0000_0000n, 2), BigInt(pa) | 3n);
  for (const [va, level] of [[0x60_0000_0000n, 2], [0x61_0000_0000n, 3]] as const) {
    const at = a.mov(1, va + 16n).here;
    a.ldr(2, 1);
    b.expectAbort('read', WALK | level, va + 16n, at);
    const label = `${level}`;
    a.adr(27, label).br(1).label(label);
    b.expectAbort('fetch', WALK | level, va + 16n);
  }
  return b.build(`tables ${where}`, {}, notOnQemu);
}

/** 0 to 0x1000 is read-only memory that the test fills: descriptors of a page, and of one without the access flag. */
function tablesInRom(): Program {
  const b = new Builder();
  const a = b.main;
  b.set(b.entryAt(b.root0, BigInt(WINDOW), 2), 3n);
  const at = a.mov(1, WINDOW).ldr(2, 1).mov(1, WINDOW + 0x1000).here;
  note(a.ldr(3, 1), 2);
  b.set(DATA, 5n).expectAbort('read', 0x31, WINDOW + 0x1000, at).expect(5);
  return b.build('tables in ROM', { TCR: TCR | TCR_HA }, 'its ROM is empty');
}
export const romTable: readonly bigint[] = [pageAt(DATA), pageAt(DATA) & ~AF];

/** Five levels: 52 bits of virtual address, code and data at both ends of them; the descriptors' form with TCR_EL1.DS. */
function fiveLevels(): Program {
  const b = new Builder();
  const [top, low, high, one, two, three] = [b.table(), b.table(), b.table(), b.table(), b.table(), b.table()];
  const far = 0x000f_ff80_4000_0000n;
  b.set(top, BigInt(low) | 3n).set(low, BigInt(b.root0) | 3n);
  b.set(top + 15 * 8, BigInt(high) | 3n).set(high + 511 * 8, BigInt(one) | 3n);
  b.set(one + 8, BigInt(two) | 3n).set(two, BigInt(three) | 3n);
  b.set(three + 8, pageAt(A)).set(three + 16, pageAt(DATA, PXN));
  // A block at level 0 of the same addresses, and one above what memory there is.
  b.set(high, 1n | AF).set(high + 8, 1n | AF | (3n << 48n));
  b.code(A, f => f.add(0, 0, 1).str(0, 2).ret());
  b.set(DATA + 0x100, 77n);
  const a = b.main.mov(0, 0).mov(1, far + 0x1000n).mov(2, far + 0x2000n).mov(3, 5).label('loop').blr(1).subs(3, 3, 1).bCond(NE, 'loop').ldr(4, 2);
  note(a, 4);
  note(a.mov(1, 0x000f_0000_0000_0000n + BigInt(DATA + 0x100)).ldr(4, 1), 4);
  b.expect(5, 77);
  for (const [va, status] of [[far, 0x07], [0x000e_0000_0000_0000n, 0x2b], [0x0000_1000_0000_0000n, 0x04], [0x0010_0000_0000_0000n, 0x04]] as const) {
    const at = a.mov(1, va).here;
    a.ldr(4, 1);
    b.expectAbort('read', status, va, at);
  }
  const at = a.mov(1, 0x000f_0080_0000_0000n).here;
  a.ldr(4, 1);
  b.expectAbort('read', 0x10, 0x000f_0080_0000_0000n, at);
  return b.build('52 bits, five levels, 4K', { TCR: 12n | (12n << 16n) | (2n << 30n) | (6n << 32n) | DS | (1n << 23n), TTBR0: BigInt(top) });
}

/** Half of the rights come from the levels above, unless TCR_EL1.HPD0 says that they don't. */
function hierarchical(HPD0: boolean): Program {
  const b = new Builder();
  b.map(WINDOW, DATA);
  const at = b.entryAt(b.root0, BigInt(WINDOW), 2);
  b.set(at, b.get(at) | (1n << 62n));
  const a = b.main.mov(1, WINDOW).mov(2, 9);
  const store = a.here;
  note(a.str(2, 1).ldr(4, 1), 4);
  if (HPD0) b.expect(9); else b.expectAbort('write', 0x0f, WINDOW, store).expect(0);
  return b.build(`read-only from above, HPD0 ${HPD0 ? 1 : 0}`, { TCR: TCR | (HPD0 ? 1n << 41n : 0n) });
}

export const tables: readonly Program[] = [
  dirtied('STR', a => a.str(2, 1)),
  dirtied('STP', a => a.stp(2, 3, 1, 16)),
  dirtied('STR Q', a => a.strQ(0, 1)),
  dirtied('LDADD', a => a.ldadd(2, 5, 1)),
  dirtied('STXR', a => a.raw(0xc85f_7c25, 0xc806_7c22)),
  dirtied('DC ZVA', a => a.raw(0xd50b_7421)),
  accessFlagByFetch(),
  dirtyAcross(),
  tableIsCode(),
  selfMapped(),
  tablesElsewhere('where no memory is', VOID),
  tablesElsewhere('in a device', DEVICE, 'it reads the device for them'),
  tablesInRom(),
  fiveLevels(),
  hierarchical(false),
  hierarchical(true),
];
