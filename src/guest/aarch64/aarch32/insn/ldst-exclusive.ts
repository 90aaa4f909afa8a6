/**
 * Exclusives, load-acquire and store-release: ARM DDI 0487, F5.1 (LDREX…, STREX…, LDA…, STL…, LDAEX…, STLEX…). The monitor is
 * AArch64's (../../insn/ldst-exclusive.ts). By bits 11..8 of A32: 12 is LDA and STL, 14 LDAEX and STLEX, 15 LDREX and STREX.
 */
import type { Builder, I32, I64, Operand } from '../../../../isa/builder.ts';
import type { Insn } from '../../../../isa/insn.ts';
import { atomicAccess, orderedAccess } from '../../insn/aligned.ts';
import { clearMonitor, exclusiveStore, monitorMatches, monitorValue, setMonitor } from '../../insn/ldst-exclusive.ts';
import { a32, t32 } from '../describe.ts';
import { reg, regs, spelt } from '../names.ts';
import { PC, Rnot15, setR } from '../pseudocode.ts';

type Single = 1 | 2 | 4;

function loadExclusive(b: Builder, bytes: Single, Rt: Operand, address: I64): void {
  const data = b.load(address, bytes, atomicAccess(b, bytes));
  setMonitor(b, address, bytes, [data]);
  setR(b, Rt, b.wrap(data));
}

/** Where the monitor isn't set for it, the access puts back what it finds: alignment and permission are checked all the same. */
function storeExclusive(b: Builder, bytes: Single, Rd: Operand, Rt: Operand, address: I64): void {
  const matches = monitorMatches(b, address, bytes);
  const expected = monitorValue(b, 0);
  const replacement = b.select(matches, b.extU(Rnot15(b, Rt)), expected);
  const old = b.compareAndSwap(address, expected, replacement, bytes, exclusiveStore(b, bytes));
  clearMonitor(b);
  setR(b, Rd, b.eqz(b.and(matches, b.eq(old, expected))));
}

function loadExclusiveDual(b: Builder, Rt: Operand, Rt2: Operand, address: I64): void {
  const [first, second] = b.loadPair(address, 4, atomicAccess(b, 8));
  setMonitor(b, address, 8, [first, second]);
  setR(b, Rt, b.wrap(first));
  setR(b, Rt2, b.wrap(second));
}

function storeExclusiveDual(b: Builder, Rd: Operand, Rt: Operand, Rt2: Operand, address: I64): void {
  const matches = monitorMatches(b, address, 8);
  const expected: [I64, I64] = [monitorValue(b, 0), monitorValue(b, 1)];
  const replacement: [I64, I64] = [
    b.select(matches, b.extU(Rnot15(b, Rt)), expected[0]),
    b.select(matches, b.extU(Rnot15(b, Rt2)), expected[1]),
  ];
  const old = b.compareAndSwapPair(address, expected, replacement, 4, exclusiveStore(b, 8));
  clearMonitor(b);
  const unchanged = b.and(b.eq(old[0], expected[0]), b.eq(old[1], expected[1]));
  setR(b, Rd, b.eqz(b.and(matches, unchanged)));
}

function loadAcquire(b: Builder, bytes: Single, Rt: Operand, address: I64): void {
  setR(b, Rt, b.wrap(b.load(address, bytes, orderedAccess(b, bytes))));
}
const storeRelease = (b: Builder, bytes: Single, Rt: Operand, address: I64): void =>
  b.store(address, Rnot15(b, Rt), bytes, orderedAccess(b, bytes));

const addressOf = (b: Builder, Rn: Operand, offset?: I32): I64 =>
  b.extU(offset === undefined ? Rnot15(b, Rn) : b.add(Rnot15(b, Rn), offset));

const isCore = (...registers: readonly number[]): boolean => !registers.includes(PC);
/** A store-exclusive's status: another register than it reads. */
const isStatus = (Rd: number, ...read: readonly number[]): boolean => isCore(Rd, ...read) && !read.includes(Rd);

// ---- A32: sz is 0 for words, 2 bytes, 3 halfwords; doublewords are apart
const bytesA32 = (sz: number): Single => (sz === 0 ? 4 : sz === 2 ? 1 : 2);
const suffixA32 = ['', 'd', 'b', 'h'] as const;
/** `ordered`: not plain. */
const exName = (load: boolean, ordered: boolean, size: string): string =>
  `${load ? 'ld' : 'st'}${ordered ? (load ? 'a' : 'l') : 'r'}ex${size}`;

const LDREX_A32 = a32('LDREX/LDAEX', '00011 sz!2 1 Rn:4 Rt:4 111 plain:1 1001 1111', {
  valid: f => f.sz !== 1 && isCore(f.Rn, f.Rt),
  // objdump has no names for the register of the plainest.
  asm: f => spelt(exName(true, !f.plain, suffixA32[f.sz as 0]), f, `${f.sz === 0 && f.plain ? `r${f.Rt}` : reg(f.Rt)}, [${reg(f.Rn)}]`),
  exec: (b, f) => loadExclusive(b, bytesA32(f.sz), f.Rt, addressOf(b, f.Rn)),
});
const STREX_A32 = a32('STREX/STLEX', '00011 sz!2 0 Rn:4 Rd:4 111 plain:1 1001 Rt:4', {
  valid: f => f.sz !== 1 && isStatus(f.Rd, f.Rn, f.Rt),
  asm: f => spelt(exName(false, !f.plain, suffixA32[f.sz as 0]), f, `${regs(f.Rd, f.Rt)}, [${reg(f.Rn)}]`),
  exec: (b, f) => storeExclusive(b, bytesA32(f.sz), f.Rd, f.Rt, addressOf(b, f.Rn)),
});

const isPairA32 = (Rt: number): boolean => (Rt & 1) === 0 && Rt !== 14;
/** Plain ones are spelt with their first register. */
const pairA32 = (Rt: number, plain: number): string => (plain ? reg(Rt) : regs(Rt, Rt + 1));
const LDREXD_A32 = a32('LDREXD/LDAEXD', '00011 01 1 Rn:4 Rt:4 111 plain:1 1001 1111', {
  overrides: ['A32 LDREX/LDAEX'],
  valid: f => isPairA32(f.Rt) && isCore(f.Rn),
  derive: f => ({ Rt2: f.Rt + 1 }),
  asm: f => spelt(exName(true, !f.plain, 'd'), f, `${pairA32(f.Rt, f.plain)}, [${reg(f.Rn)}]`),
  exec: (b, f) => loadExclusiveDual(b, f.Rt, f.Rt2, addressOf(b, f.Rn)),
});
const STREXD_A32 = a32('STREXD/STLEXD', '00011 01 0 Rn:4 Rd:4 111 plain:1 1001 Rt:4', {
  overrides: ['A32 STREX/STLEX'],
  valid: f => isPairA32(f.Rt) && isStatus(f.Rd, f.Rn, f.Rt, f.Rt + 1),
  derive: f => ({ Rt2: f.Rt + 1 }),
  asm: f => spelt(exName(false, !f.plain, 'd'), f, `${reg(f.Rd)}, ${pairA32(f.Rt, f.plain)}, [${reg(f.Rn)}]`),
  exec: (b, f) => storeExclusiveDual(b, f.Rd, f.Rt, f.Rt2, addressOf(b, f.Rn)),
});

const LDA_A32 = a32('LDA', '00011 sz!2 1 Rn:4 Rt:4 1100 1001 1111', {
  valid: f => f.sz !== 1 && isCore(f.Rn, f.Rt),
  asm: f => spelt(`lda${suffixA32[f.sz as 0]}`, f, `${reg(f.Rt)}, [${reg(f.Rn)}]`),
  exec: (b, f) => loadAcquire(b, bytesA32(f.sz), f.Rt, addressOf(b, f.Rn)),
});
const STL_A32 = a32('STL', '00011 sz!2 0 Rn:4 1111 1100 1001 Rt:4', {
  valid: f => f.sz !== 1 && isCore(f.Rn, f.Rt),
  asm: f => spelt(`stl${suffixA32[f.sz as 0]}`, f, `${reg(f.Rt)}, [${reg(f.Rn)}]`),
  exec: (b, f) => storeRelease(b, bytesA32(f.sz), f.Rt, addressOf(b, f.Rn)),
});

// ---- T32: LDREX and STREX have an offset; the others a size, 0 bytes, 1 halfwords, 2 words
const offsetMemory = (Rn: number, imm8: number): string => (imm8 ? `[${reg(Rn)}, #${imm8 * 4}]` : `[${reg(Rn)}]`);
const LDREX_T32 = t32('LDREX', '11101000 0101 Rn:4 Rt:4 1111 imm8:8', {
  valid: f => isCore(f.Rn, f.Rt),
  derive: f => ({ offset: f.imm8 * 4 }),
  asm: f => `ldrex\t${reg(f.Rt)}, ${offsetMemory(f.Rn, f.imm8)}`,
  exec: (b, f) => loadExclusive(b, 4, f.Rt, addressOf(b, f.Rn, b.operand(f.offset))),
});
const STREX_T32 = t32('STREX', '11101000 0100 Rn:4 Rt:4 Rd:4 imm8:8', {
  valid: f => isStatus(f.Rd, f.Rn, f.Rt),
  derive: f => ({ offset: f.imm8 * 4 }),
  asm: f => `strex\t${regs(f.Rd, f.Rt)}, ${offsetMemory(f.Rn, f.imm8)}`,
  exec: (b, f) => storeExclusive(b, 4, f.Rd, f.Rt, addressOf(b, f.Rn, b.operand(f.offset))),
});

const bytesT32 = (size: number): Single => (1 << size) as Single;
const suffixT32 = ['b', 'h', ''] as const;

/** `op`: bits 7..6 are 1 for exclusives, 2 for ordered ones, 3 for both. */
const LDREXB = (op: '01' | '11') => `11101000 1101 Rn:4 Rt:4 1111 ${op} size!2 1111` as 'Rn:4 Rt:4 size!2';
const LDREXB_T32 = (op: '01' | '11'): Insn => t32(op === '01' ? 'LDREXB' : 'LDAEX', LDREXB(op), {
  // Doublewords are apart; words have another encoding where they aren't ordered.
  valid: f => f.size < (op === '01' ? 2 : 3) && isCore(f.Rn, f.Rt),
  asm: f => `${exName(true, op === '11', suffixT32[f.size as 0])}\t${reg(f.Rt)}, [${reg(f.Rn)}]`,
  exec: (b, f) => loadExclusive(b, bytesT32(f.size), f.Rt, addressOf(b, f.Rn)),
});
const STREXB = (op: '01' | '11') => `11101000 1100 Rn:4 Rt:4 1111 ${op} size!2 Rd:4` as 'Rn:4 Rt:4 size!2 Rd:4';
const STREXB_T32 = (op: '01' | '11'): Insn => t32(op === '01' ? 'STREXB' : 'STLEX', STREXB(op), {
  valid: f => f.size < (op === '01' ? 2 : 3) && isStatus(f.Rd, f.Rn, f.Rt),
  asm: f => `${exName(false, op === '11', suffixT32[f.size as 0])}\t${regs(f.Rd, f.Rt)}, [${reg(f.Rn)}]`,
  exec: (b, f) => storeExclusive(b, bytesT32(f.size), f.Rd, f.Rt, addressOf(b, f.Rn)),
});
const LDREXD_T32 = t32('LDREXD/LDAEXD', '11101000 1101 Rn:4 Rt:4 Rt2:4 ordered:1 111 1111', {
  overrides: ['T32 LDREXB', 'T32 LDAEX'],
  valid: f => isCore(f.Rn, f.Rt, f.Rt2) && f.Rt !== f.Rt2,
  asm: f => `${exName(true, f.ordered === 1, 'd')}\t${regs(f.Rt, f.Rt2)}, [${reg(f.Rn)}]`,
  exec: (b, f) => loadExclusiveDual(b, f.Rt, f.Rt2, addressOf(b, f.Rn)),
});
const STREXD_T32 = t32('STREXD/STLEXD', '11101000 1100 Rn:4 Rt:4 Rt2:4 ordered:1 111 Rd:4', {
  overrides: ['T32 STREXB', 'T32 STLEX'],
  valid: f => isStatus(f.Rd, f.Rn, f.Rt, f.Rt2),
  asm: f => `${exName(false, f.ordered === 1, 'd')}\t${regs(f.Rd, f.Rt, f.Rt2)}, [${reg(f.Rn)}]`,
  exec: (b, f) => storeExclusiveDual(b, f.Rd, f.Rt, f.Rt2, addressOf(b, f.Rn)),
});
const LDA_T32 = t32('LDA', '11101000 1101 Rn:4 Rt:4 1111 10 size!2 1111', {
  valid: f => f.size !== 3 && isCore(f.Rn, f.Rt),
  asm: f => `lda${suffixT32[f.size as 0]}\t${reg(f.Rt)}, [${reg(f.Rn)}]`,
  exec: (b, f) => loadAcquire(b, bytesT32(f.size), f.Rt, addressOf(b, f.Rn)),
});
const STL_T32 = t32('STL', '11101000 1100 Rn:4 Rt:4 1111 10 size!2 1111', {
  valid: f => f.size !== 3 && isCore(f.Rn, f.Rt),
  asm: f => `stl${suffixT32[f.size as 0]}\t${reg(f.Rt)}, [${reg(f.Rn)}]`,
  exec: (b, f) => storeRelease(b, bytesT32(f.size), f.Rt, addressOf(b, f.Rn)),
});

export const loadStoreExclusiveA32: readonly Insn[] = [LDREX_A32, STREX_A32, LDREXD_A32, STREXD_A32, LDA_A32, STL_A32];
export const loadStoreExclusiveT32: readonly Insn[] = [
  LDREX_T32, STREX_T32, LDREXB_T32('01'), LDREXB_T32('11'), STREXB_T32('01'), STREXB_T32('11'), LDREXD_T32, STREXD_T32, LDA_T32, STL_T32,
];
