/**
 * Which accesses a stage 2 data abort describes in its syndrome (ESR_EL2.ISS.ISV, DDI 0487 D17.2.37): loads and stores of one
 * general-purpose register, with acquire or release or without, but neither exclusive nor with writeback; in AArch32 the same.
 */
import { asEL0, asEL1 } from '../../guest/aarch64/mmu.ts';
import type { Arm64Vcpu } from './vcpu.ts';

/** A mask over the instruction, what is left under it, and whether SIMD (bit 26) or any other detail rules it out. */
const described: readonly (readonly [mask: number, value: number])[] = [
  [0x3f00_0000, 0x3900_0000], // LDR, STR (immediate, unsigned offset)
  [0x3f20_0c00, 0x3800_0000], // LDUR, STUR
  [0x3f20_0c00, 0x3800_0800], // LDTR, STTR
  [0x3f20_0c00, 0x3820_0800], // LDR, STR (register)
  [0xbf00_0000, 0x1800_0000], // LDR (literal)
  [0xff00_0000, 0x9800_0000], // LDRSW (literal)
  [0x3fa0_0000, 0x0880_0000], // LDAR, STLR, LDLAR, STLLR
  [0x3fff_fc00, 0x38bf_c000], // LDAPR
  [0x3f20_0c00, 0x1900_0000], // LDAPUR, STLUR
];

/** The same of A32, but for Rt, which can't be the PC (bits 15..12). */
const describedA32: readonly (readonly [mask: number, value: number])[] = [
  [0x0f20_0000, 0x0500_0000], // LDR, LDRB, STR, STRB (immediate)
  [0x0f20_0010, 0x0700_0000], // (register)
  [0x0f20_00f0, 0x0100_00b0], // LDRH, STRH
  [0x0f30_00d0, 0x0110_00d0], // LDRSB, LDRSH
  [0x0f90_0ff0, 0x0190_0c90], // LDA, LDAB, LDAH
];
/** And of T32's that have one halfword, and those that have two. */
const describedT32: readonly (readonly [mask: number, value: number])[] = [
  [0xf000_0000, 0x5000_0000], // LDR … STRH (register)
  [0xe000_0000, 0x6000_0000], // LDR, LDRB, STR, STRB (immediate)
  [0xe000_0000, 0x8000_0000], // LDRH, STRH (immediate); LDR, STR (SP)
  [0xf800_0000, 0x4800_0000], // LDR (literal)
];
const describedWide: readonly (readonly [mask: number, value: number])[] = [
  [0xff80_0000, 0xf880_0000], // LDR … STRH with imm12
  [0xff80_0d00, 0xf800_0c00], // with imm8, of which nothing is written back
  [0xff80_0fc0, 0xf800_0000], // (register)
  [0xff90_0000, 0xf990_0000], // LDRSB, LDRSH likewise
  [0xff90_0d00, 0xf910_0c00],
  [0xff90_0fc0, 0xf910_0000],
  [0xfe1f_0000, 0xf81f_0000], // LDR … LDRSH (literal)
  [0xffe0_00c0, 0xe8c0_0080], // LDA, LDAB, LDAH, STL, STLB, STLH
];
/** A32's STL, STLB and STLH have Rt elsewhere. */
const describedStoreRelease = [[0x0f90_fff0, 0x0180_fc90]] as const;

const matches = (word: number, table: readonly (readonly [mask: number, value: number])[]): boolean =>
  table.some(([mask, value]) => (word & mask) >>> 0 === value >>> 0);
const PC = 15;

/** `word` as `wordAtPc` gives it. */
export function hasSyndrome(word: number, { nRW, T }: { readonly nRW: number; readonly T: number }): boolean {
  if (!nRW) return matches(word, described);
  if (T && word >>> 27 <= 0b11100) return matches(word, describedT32);
  if (!T && matches(word, describedStoreRelease)) return true;
  return ((word >>> 12) & 15) !== PC && matches(word, T ? describedWide : describedA32);
}

/** The instruction at PC, of T32 with its first halfword on top; 0 where none can be fetched. */
export function wordAtPc(vcpu: Arm64Vcpu): number {
  const { pc, T } = vcpu.cpu.guest.state;
  return T ? ((halfwordAt(vcpu, pc) << 16) | halfwordAt(vcpu, pc + 2n)) >>> 0 : halfwordAt(vcpu, pc) + halfwordAt(vcpu, pc + 2n) * 0x1_0000;
}

function halfwordAt({ cpu: { guest }, vm }: Arm64Vcpu, va: bigint): number {
  const found = guest.mmu.probe(va, 'fetch', guest.state.currentEL === 0 ? asEL0 : asEL1);
  const at = typeof found === 'number' ? -1 : vm.memory.at(found.pa, 2);
  return at < 0 ? 0 : vm.arena.u16[at >>> 1]!;
}
