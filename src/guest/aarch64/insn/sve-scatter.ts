/** SVE scatters: ARM DDI 0487, C4.1, "SVE Memory - Scatter" and "Scatter with optional sign extend". */
import type { Insn } from '../../../isa/insn.ts';
import { extendedOffset, shiftedOffset, vectorBase } from '../sve/addressing.ts';
import type { ElementShape } from '../sve/contiguous.ts';
import { scalarPlusVector, scatter, vectorPlusImmediate } from '../sve/gather.ts';
import { z } from '../sve/names.ts';
import { baseAddress } from './base-address.ts';
import { sveInsn } from './sve-access.ts';

const D = 3;

/** `words`: elements of 32 bits, else 64. */
const shapeOf = (f: { readonly msz: number; readonly words?: number }): ElementShape => ({ msz: f.msz, esz: D - (f.words ?? 0), signed: false });
const isAllocated = (f: { readonly msz: number; readonly words?: number; readonly scaled?: number }): boolean =>
  f.msz <= shapeOf(f).esz && !(f.scaled && f.msz === 0);

const spelling = (f: { readonly msz: number; readonly Zt: number; readonly Pg: number }, esz: number, memory: string): string =>
  `st1${'bhwd'[f.msz]}\t{${z(esz, f.Zt)}}, p${f.Pg}, ${memory}`;

export const sveScatter: readonly Insn[] = [
  sveInsn('ST1 (scatter, 32-bit offsets)', '1110010 msz!2 words!1 scaled!1 Zm:5 1 xs!1 0 Pg:3 Rn:5 Zt:5', {
    valid: isAllocated,
    asm: f => spelling(f, D - f.words, extendedOffset(f.Rn, z(D - f.words, f.Zm), f.xs, f.scaled && f.msz)),
    exec: (b, f) => scatter(b, f, shapeOf(f),
      scalarPlusVector(b, baseAddress(b, f.Rn), f.Zm, D - f.words, { extend: f.xs ? 'signed' : 'unsigned', scale: f.scaled && f.msz })),
  }),
  sveInsn('ST1 (scatter, 64-bit offsets)', '1110010 msz!2 0 scaled!1 Zm:5 101 Pg:3 Rn:5 Zt:5', {
    valid: isAllocated,
    asm: f => spelling(f, D, shiftedOffset(f.Rn, z(D, f.Zm), f.scaled && f.msz)),
    exec: (b, f) => scatter(b, f, shapeOf(f), scalarPlusVector(b, baseAddress(b, f.Rn), f.Zm, D, { extend: 'none', scale: f.scaled && f.msz })),
  }),
  sveInsn('ST1 (scatter, vector plus immediate)', '1110010 msz!2 1 words!1 imm5:5 101 Pg:3 Zn:5 Zt:5', {
    valid: isAllocated,
    derive: f => ({ offset: f.imm5 << f.msz }),
    asm: f => spelling(f, D - f.words, vectorBase(z(D - f.words, f.Zn), f.imm5 << f.msz)),
    exec: (b, f) => scatter(b, f, shapeOf(f), vectorPlusImmediate(b, f.Zn, D - f.words, f.offset)),
  }),
];
