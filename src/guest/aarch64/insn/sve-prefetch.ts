/** SVE prefetches, which are hints and do nothing here: ARM DDI 0487, C4.1, "SVE Memory" of all kinds. */
import type { Insn } from '../../../isa/insn.ts';
import { extendedOffset, indexed, shiftedOffset, vectorBase, vectorMultiple } from '../sve/addressing.ts';
import { z } from '../sve/names.ts';
import { sveInsn } from './sve-access.ts';

interface Hint { readonly prfop: number; readonly Pg: number }

const name = (msz: number, { prfop, Pg }: Hint): string => {
  const level = (prfop >> 1) & 3;
  const operation = level === 3 ? `#${prfop}` : `p${prfop & 8 ? 'st' : 'ld'}l${level + 1}${prfop & 1 ? 'strm' : 'keep'}`;
  return `prf${'bhwd'[msz]}\t${operation}, p${Pg}, `;
};
const nothing = (): void => {};

export const svePrefetch: readonly Insn[] = [
  sveInsn('PRF (scalar plus immediate)', '1000010 11 1 imm6:6 0 msz!2 Pg:3 Rn:5 0 prfop:4', {
    overrides: ['SVE LD1 (gather, 32-bit offsets)'],
    asm: f => name(f.msz, f) + vectorMultiple(f.Rn, f.imm6, 6),
    exec: nothing,
  }),
  sveInsn('PRF (scalar plus scalar)', '1000010 msz!2 00 Rm:5 110 Pg:3 Rn:5 0 prfop:4', {
    valid: f => f.Rm !== 31,
    asm: f => name(f.msz, f) + indexed(f.Rn, f.Rm, f.msz),
    exec: nothing,
  }),
  sveInsn('PRF (vector plus immediate, 32-bit)', '1000010 msz!2 00 imm5:5 111 Pg:3 Zn:5 0 prfop:4', {
    asm: f => name(f.msz, f) + vectorBase(z(2, f.Zn), f.imm5 << f.msz),
    exec: nothing,
  }),
  sveInsn('PRF (vector plus immediate, 64-bit)', '1100010 msz!2 00 imm5:5 111 Pg:3 Zn:5 0 prfop:4', {
    asm: f => name(f.msz, f) + vectorBase(z(3, f.Zn), f.imm5 << f.msz),
    exec: nothing,
  }),
  sveInsn('PRF (32-bit offsets)', '1000010 00 xs:1 1 Zm:5 0 msz!2 Pg:3 Rn:5 0 prfop:4', {
    overrides: ['SVE LD1 (gather, 32-bit offsets)'],
    asm: f => name(f.msz, f) + extendedOffset(f.Rn, z(2, f.Zm), f.xs, f.msz),
    exec: nothing,
  }),
  sveInsn('PRF (unpacked 32-bit offsets)', '1100010 00 xs:1 1 Zm:5 0 msz!2 Pg:3 Rn:5 0 prfop:4', {
    overrides: ['SVE LD1 (gather, unpacked 32-bit offsets)'],
    asm: f => name(f.msz, f) + extendedOffset(f.Rn, z(3, f.Zm), f.xs, f.msz),
    exec: nothing,
  }),
  sveInsn('PRF (64-bit offsets)', '1100010 00 11 Zm:5 1 msz!2 Pg:3 Rn:5 0 prfop:4', {
    overrides: ['SVE LD1 (gather, 64-bit offsets)'],
    asm: f => name(f.msz, f) + shiftedOffset(f.Rn, z(3, f.Zm), f.msz),
    exec: nothing,
  }),
];
