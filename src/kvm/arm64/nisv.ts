/**
 * Which accesses a stage 2 data abort describes in its syndrome (ESR_EL2.ISS.ISV, DDI 0487 D17.2.37): loads and stores of one
 * general-purpose register, with acquire or release or without, but neither exclusive nor with writeback.
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

export const hasSyndrome = (word: number): boolean => described.some(([mask, value]) => (word & mask) >>> 0 === value >>> 0);

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
