/** A32 loads and stores of halfwords, signed bytes and doublewords: ARM DDI 0487, F4.1.3 "Extra load/store"; F5.1. */
import type { Builder, I32, Operand } from '../../../../isa/builder.ts';
import type { Insn } from '../../../../isa/insn.ts';
import { a32 } from '../describe.ts';
import { reg, spelt } from '../names.ts';
import { PC, Rnot15 } from '../pseudocode.ts';
import { immediate, indexed, isBase, isUnprivileged, memory, signed } from './address.ts';
import { loadDual, storeDual } from './ldst-dual.ts';
import { registerOffset } from './ldst-word.ts';
import { type Transfer, transfer, transferName } from './transfer.ts';

type Indexing = Readonly<Record<'P' | 'W' | 'Rn' | 'Rt', number>>;

const subtracted = (b: Builder, U: number, Rm: Operand): I32 => (U ? Rnot15(b, Rm) : b.neg(Rnot15(b, Rm)));

/** Both forms of one: `fixed` are L (bit 20) and S, H (bits 6, 5), a mode field `which` among them. */
function halfwords(name: string, L: string, SH: string, kind: (which: number) => Transfer): readonly Insn[] {
  const spelling = (f: Indexing & { readonly which: number }, offset: string): string =>
    spelt(transferName(kind(f.which), isUnprivileged(f.P, f.W) ? 't' : ''), f, `${reg(f.Rt)}, ${memory(f.P, f.W, f.Rn, offset)}`);
  const isAllocated = (f: Indexing): boolean => f.Rt !== PC && isBase(f.P, f.W, f.Rn, f.Rt);
  const immediateForm = `000 P!1 U:1 1 W!1 ${L} Rn:4 Rt:4 imm4H:4 1 ${SH} 1 imm4L:4` as 'P!1 U:1 W!1 Rn:4 Rt:4 imm4H:4 which!1 imm4L:4';
  return [
    a32(`${name} (immediate)`, immediateForm, {
      valid: isAllocated,
      derive: f => ({ offset: signed(f.U, (f.imm4H << 4) | f.imm4L) }),
      asm: f => spelling(f, immediate(f.P, f.W, f.U, (f.imm4H << 4) | f.imm4L)),
      exec: (b, f) => indexed(b, f.P, f.W, f.Rn, b.operand(f.offset), address => transfer(b, kind(f.which), f.Rt, address)),
    }),
    a32(`${name} (register)`, `000 P!1 U!1 0 W!1 ${L} Rn:4 Rt:4 0000 1 ${SH} 1 Rm:4` as 'P!1 U!1 W!1 Rn:4 Rt:4 which!1 Rm:4', {
      valid: f => isAllocated(f) && f.Rm !== PC,
      asm: f => spelling(f, registerOffset(f.U, f.Rm)),
      exec: (b, f) => indexed(b, f.P, f.W, f.Rn, subtracted(b, f.U, f.Rm), address => transfer(b, kind(f.which), f.Rt, address)),
    }),
  ];
}

/** An even register and the next one; not LR and the PC. */
const isPair = (f: Indexing): boolean =>
  (f.Rt & 1) === 0 && f.Rt !== 14 && !isUnprivileged(f.P, f.W) && isBase(f.P, f.W, f.Rn, f.Rt, f.Rt + 1);
const dualSpelling = (f: Indexing & { readonly S: number }, offset: string): string =>
  spelt(f.S ? 'strd' : 'ldrd', f, `${reg(f.Rt)}, ${memory(f.P, f.W, f.Rn, offset)}`);

const LDRD = a32('LDRD/STRD (immediate)', '000 P!1 U:1 1 W!1 0 Rn:4 Rt:4 imm4H:4 11 S!1 1 imm4L:4', {
  valid: isPair,
  derive: f => ({ offset: signed(f.U, (f.imm4H << 4) | f.imm4L), Rt2: f.Rt + 1 }),
  asm: f => dualSpelling(f, immediate(f.P, f.W, f.U, (f.imm4H << 4) | f.imm4L)),
  exec: (b, f) => indexed(b, f.P, f.W, f.Rn, b.operand(f.offset), address => (f.S ? storeDual : loadDual)(b, f.Rt, f.Rt2, address)),
});

const LDRD_register = a32('LDRD/STRD (register)', '000 P!1 U!1 0 W!1 0 Rn:4 Rt:4 0000 11 S!1 1 Rm:4', {
  valid: f => isPair(f) && f.Rm !== PC && (f.S === 1 || (f.Rm & ~1) !== f.Rt),
  derive: f => ({ Rt2: f.Rt + 1 }),
  asm: f => dualSpelling(f, registerOffset(f.U, f.Rm)),
  exec: (b, f) => indexed(b, f.P, f.W, f.Rn, subtracted(b, f.U, f.Rm), address => (f.S ? storeDual : loadDual)(b, f.Rt, f.Rt2, address)),
});

export const loadStoreExtra: readonly Insn[] = [
  ...halfwords('LDRH/STRH', 'which!1', '01', load => ({ size: 1, load, signed: 0 })),
  ...halfwords('LDRSB/LDRSH', '1', '1 which!1', size => ({ size, load: 1, signed: 1 })),
  LDRD,
  LDRD_register,
];
