/**
 * SVE gathers, plain and first-fault: ARM DDI 0487, C4.1, "SVE Memory - 32-bit Gather and Unsized Contiguous" and "SVE Memory - 64-bit
 * Gather".
 */
import type { Builder, I64, Operand } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { elementName, extendedOffset, shiftedOffset, vectorBase } from '../sve/addressing.ts';
import type { ElementShape } from '../sve/contiguous.ts';
import { gather, gatherFirstFault, scalarPlusVector, vectorPlusImmediate } from '../sve/gather.ts';
import { z, zeroing } from '../sve/names.ts';
import { baseAddress } from './base-address.ts';
import { sveInsn } from './sve-access.ts';

interface Form { readonly msz: number; readonly U: number; readonly ff: number }
interface Operands { readonly Pg: Operand; readonly Zt: Operand }

/** log2 of an element's bytes. */
const S = 2;
const D = 3;

const shapeOf = (f: Form, esz: number): ElementShape => ({ msz: f.msz, esz, signed: f.U === 0 });
/** What fills its element has no sign to be extended; nor is there anything larger. */
const isAllocated = (f: Form, esz: number): boolean => f.msz < esz || (f.msz === esz && f.U === 1);

function load(b: Builder, f: Form & Operands, esz: number, addresses: readonly I64[]): void {
  (f.ff ? gatherFirstFault : gather)(b, f, shapeOf(f, esz), addresses);
}

const spelling = (f: Form & { readonly Pg: number; readonly Zt: number }, esz: number, memory: string): string =>
  `ld${f.ff ? 'ff' : ''}1${elementName(shapeOf(f, esz))}\t{${z(esz, f.Zt)}}, ${zeroing(f.Pg)}, ${memory}`;

const extension = (xs: number): 'signed' | 'unsigned' => (xs ? 'signed' : 'unsigned');

export const sveGather: readonly Insn[] = [
  sveInsn('LD1 (gather, 32-bit offsets)', '1000010 msz!2 xs!1 scaled!1 Zm:5 0 U!1 ff!1 Pg:3 Rn:5 Zt:5', {
    valid: f => isAllocated(f, S) && !(f.scaled && f.msz === 0),
    asm: f => spelling(f, S, extendedOffset(f.Rn, z(S, f.Zm), f.xs, f.scaled && f.msz)),
    exec: (b, f) => load(b, f, S, scalarPlusVector(b, baseAddress(b, f.Rn), f.Zm, S, { extend: extension(f.xs), scale: f.scaled && f.msz })),
  }),
  sveInsn('LD1 (gather, unpacked 32-bit offsets)', '1100010 msz!2 xs!1 scaled!1 Zm:5 0 U!1 ff!1 Pg:3 Rn:5 Zt:5', {
    valid: f => isAllocated(f, D) && !(f.scaled && f.msz === 0),
    asm: f => spelling(f, D, extendedOffset(f.Rn, z(D, f.Zm), f.xs, f.scaled && f.msz)),
    exec: (b, f) => load(b, f, D, scalarPlusVector(b, baseAddress(b, f.Rn), f.Zm, D, { extend: extension(f.xs), scale: f.scaled && f.msz })),
  }),
  sveInsn('LD1 (gather, 64-bit offsets)', '1100010 msz!2 1 scaled!1 Zm:5 1 U!1 ff!1 Pg:3 Rn:5 Zt:5', {
    valid: f => isAllocated(f, D) && !(f.scaled && f.msz === 0),
    asm: f => spelling(f, D, shiftedOffset(f.Rn, z(D, f.Zm), f.scaled && f.msz)),
    exec: (b, f) => load(b, f, D, scalarPlusVector(b, baseAddress(b, f.Rn), f.Zm, D, { extend: 'none', scale: f.scaled && f.msz })),
  }),
  sveInsn('LD1 (gather, vector plus immediate, 32-bit)', '1000010 msz!2 01 imm5:5 1 U!1 ff!1 Pg:3 Zn:5 Zt:5', {
    valid: f => isAllocated(f, S),
    derive: f => ({ offset: f.imm5 << f.msz }),
    asm: f => spelling(f, S, vectorBase(z(S, f.Zn), f.imm5 << f.msz)),
    exec: (b, f) => load(b, f, S, vectorPlusImmediate(b, f.Zn, S, f.offset)),
  }),
  sveInsn('LD1 (gather, vector plus immediate, 64-bit)', '1100010 msz!2 01 imm5:5 1 U!1 ff!1 Pg:3 Zn:5 Zt:5', {
    valid: f => isAllocated(f, D),
    derive: f => ({ offset: f.imm5 << f.msz }),
    asm: f => spelling(f, D, vectorBase(z(D, f.Zn), f.imm5 << f.msz)),
    exec: (b, f) => load(b, f, D, vectorPlusImmediate(b, f.Zn, D, f.offset)),
  }),
];
