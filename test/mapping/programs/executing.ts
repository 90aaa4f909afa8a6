/** Where instructions come from: over the end of a page, from where nothing is, from pages that lie apart. Issue 3, item 6. */
import { type Assembler, NE, word } from '../../vcpu/assembler.ts';
import { AF, AP_EL0, Builder, CODE, nG, PAGE, pageAt, type Program, PXN, UPPER, VALID, VOID, WINDOW } from '../program.ts';

const A = CODE + 0x8000;
const B = CODE + 0xb000;
const SECOND = WINDOW + 0x1000;
const EXTERNAL = 0x10;
const note = (a: Assembler, Rt: number): Assembler => a.strIndexed('post', Rt, 28, 8);
const flush = (a: Assembler): Assembler => a.raw(0xd503_3a9f, 0xd508_871f, 0xd503_3b9f).isb();
const addX0 = (imm12: number): number => word('ADD/SUB (immediate)', { sf: 1, op: 0, S: 0, imm12, Rn: 0, Rd: 0 });

/** Runs off the first page of the window into the second, whose descriptor is `second`: the fault is the fetch's. */
function offTheEnd(what: string, second: bigint, status: number): Program {
  const b = new Builder();
  b.map(WINDOW, A);
  b.set(b.entry(SECOND), second);
  b.code(A + 0xff0, f => f.add(0, 0, 1).add(0, 0, 1).add(0, 0, 1).add(0, 0, 1));
  const a = b.main.mov(0, 0).mov(1, WINDOW + 0xff0).mov(3, 6).label('loop').adr(27, 'back').br(1).label('back').subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  for (let n = 0; n < 6; n++) b.expectAbort('fetch', status, SECOND);
  b.expect(24);
  return b.build(`off the end of a page into ${what}`);
}

/** One function over two pages that lie apart, and in the other order; then they change places. */
function apart(): Program {
  const b = new Builder();
  b.map(WINDOW, B).map(SECOND, A);
  b.code(B + 0xff8, f => f.add(0, 0, 1).add(0, 0, 2)).code(A, f => f.add(0, 0, 4).ret());
  b.code(A + 0xff8, f => f.add(0, 0, 100).add(0, 0, 200)).code(B, f => f.add(0, 0, 400).ret());
  const a = b.main.mov(0, 0).mov(1, WINDOW + 0xff8).mov(3, 8).mov(5, b.entry(WINDOW)).mov(6, b.entry(SECOND)).label('loop');
  const swap = (): void => void flush(a.ldr(7, 5).ldr(8, 6).str(8, 5).str(7, 6));
  a.blr(1);
  swap();
  a.blr(1);
  swap();
  a.subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(8 * 707);
  return b.build('a function over two pages that lie apart and change places');
}

/** A loop over the boundary, whose first page stays while the second changes each time round. */
function loopOverBoundary(): Program {
  const b = new Builder();
  b.map(WINDOW, A).map(SECOND, B);
  // In the second page: a step that is different by page, and back.
  b.code(A + 0xff0, f => f.add(0, 0, 1).subs(3, 3, 1).raw(word('B.cond', { imm19: 2, cond: NE })).ret());
  b.code(B, f => f.add(0, 0, 10).eor(7, 7, 8).str(7, 6).raw(0xd503_3a9f, 0xd508_871f, 0xd503_3b9f).isb().add(9, 9, 1).raw(word('BR/BLR/RET', { opc: 0, Rn: 1 })));
  b.code(B + 0x1000, f => f.add(0, 0, 1000).eor(7, 7, 8).str(7, 6).raw(0xd503_3a9f, 0xd508_871f, 0xd503_3b9f).isb().add(9, 9, 1).raw(word('BR/BLR/RET', { opc: 0, Rn: 1 })));
  const [one, other] = [pageAt(B), pageAt(B + 0x1000)];
  const a = b.main.mov(0, 0).mov(9, 0).mov(3, 21).mov(1, WINDOW + 0xff0).mov(6, b.entry(SECOND)).mov(7, one).mov(8, one ^ other).blr(1);
  note(a, 0);
  note(a, 9);
  b.expect(21 + 10 * 10 + 10 * 1000, 20);
  return b.build('a loop over a page boundary whose second page changes each time');
}

/** The last page of the address space is followed by its first. */
function wrapping(): Program {
  const b = new Builder();
  b.map(0xffff_ffff_ffff_f000n, A).map(0n, B);
  b.code(A + 0xff8, f => f.add(0, 0, 1).add(0, 0, 2)).code(B, f => f.add(0, 0, 4).ret());
  const a = b.main.mov(0, 0).mov(1, 0xffff_ffff_ffff_fff8n).mov(3, 5).label('loop').blr(1).subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  b.expect(35);
  return b.build('off the end of the address space');
}

/** Branches to where nothing can be fetched; each leaves the link register as BLR sets it. */
function nowhere(): Program {
  const b = new Builder();
  b.map(SECOND, A, PXN).map(WINDOW + 0x2000, A, AP_EL0).map(WINDOW + 0x3000, VOID).set(b.entry(WINDOW + 0x4000), pageAt(A) & ~AF);
  const a = b.main;
  const targets: readonly (readonly [va: bigint | number, status: number])[] = [
    [WINDOW + 0x40, 0x07], [SECOND + 0x44, 0x0f], [WINDOW + 0x2000, 0x0f], [WINDOW + 0x3ffc, EXTERNAL], [VOID + 8, EXTERNAL],
    [WINDOW + 0x4000, 0x0b], [0x60_0000_0000n, 0x05], [0x80_0000_0000n, 0x04], [UPPER, 0x05], [0x7fff_ffff_ffff_fff0n, 0x04],
  ];
  for (let round = 0; round < 2; round++) {
    targets.forEach(([va, status], n) => {
      const label = `${round} ${n}`;
      a.mov(0, va).adr(27, label).blr(0).label(label);
      note(a, 30);
      b.expectAbort('fetch', status, va).expect(a.here - 4);
    });
  }
  return b.build('branches to where nothing can be fetched');
}

/** PC alignment: FAR has the address, and it goes before everything that the page says (D1.3.5.5). */
function misaligned(what: string, targets: readonly number[], notOnQemu?: string): Program {
  const b = new Builder();
  b.map(WINDOW, A);
  const a = b.main;
  for (const target of targets) {
    const label = `${target}`;
    a.mov(0, target).adr(27, label).br(0).label(label);
    b.expect((0x22n << 26n) | (1n << 25n), target, target);
  }
  return b.build(`branches to addresses that are not aligned, ${what}`, {}, notOnQemu);
}

function patchedOverBoundary(): Program {
  const b = new Builder();
  b.map(WINDOW, A).map(SECOND, B);
  // An unaligned store over the boundary writes half a word at the end of one page and half at the start of the other.
  b.code(A + 0xff8, f => f.add(0, 0, 1).add(0, 0, 1)).code(B, f => f.add(0, 0, 1).ret());
  const a = b.main.mov(0, 0).mov(1, WINDOW + 0xff8).mov(2, SECOND).mov(3, 12).mov(4, (BigInt(addX0(0)) << 32n) | BigInt(addX0(0))).label('loop').blr(1);
  a.stur(4, 2, -4).mov(7, WINDOW + 0xfc0).raw(0xd50b_7b27).mov(7, SECOND).raw(0xd50b_7b27, 0xd503_3b9f, 0xd508_751f, 0xd503_3b9f).isb();
  a.blr(1).mov(5, (1n << 42n) | (1n << 10n)).addReg(4, 4, 5).subs(3, 3, 1).bCond(NE, 'loop');
  note(a, 0);
  let expected = 0;
  for (let n = 0; n < 12; n++) expected += (n === 0 ? 3 : 1 + 2 * (n - 1)) + 1 + 2 * n;
  b.expect(expected);
  return b.build('a store over a page boundary patches both pages');
}

export const executing: readonly Program[] = [
  offTheEnd('what is not mapped', 0n, 0x07),
  offTheEnd('a page that EL1 may not execute', pageAt(B, PXN), 0x0f),
  offTheEnd('a page that EL0 may write', pageAt(B, AP_EL0), 0x0f),
  offTheEnd('a page without the access flag', BigInt(B) | PAGE, 0x0b),
  offTheEnd('a page where no memory is', pageAt(VOID), EXTERNAL),
  offTheEnd('an address that is too large', pageAt(0) | (1n << 41n), 0x03),
  offTheEnd('the reserved descriptor', BigInt(B) | VALID | AF | nG, 0x07),
  apart(),
  loopOverBoundary(),
  wrapping(),
  nowhere(),
  misaligned('where code is', [WINDOW + 2, CODE + 0x101]),
  misaligned('where none is', [WINDOW + 0x1002, 0x8000_0000_0003], 'it looks at the page first'),
  patchedOverBoundary(),
];
