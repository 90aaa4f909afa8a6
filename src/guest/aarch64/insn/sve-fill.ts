/**
 * LDR and STR of a whole vector or predicate, which no predicate governs: ARM DDI 0487, C4.1, "SVE Memory - 32-bit Gather and Unsized
 * Contiguous" and "SVE Memory - Store". They transfer bytes in their order whatever PSTATE says of data, and are aligned as a whole.
 */
import type { Access } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setV, V } from '../pseudocode.ts';
import { baseImmediate, scaledOffset, vectorMultiple } from '../sve/addressing.ts';
import { P, setP } from '../sve/predicate.ts';
import { sveInsn } from './sve-access.ts';

const VECTOR_BYTES = 16;
const PREDICATE_BYTES = 2;
const bytewise: Access = { bigEndian: false };

const imm9 = (f: { readonly imm9h: number; readonly imm9l: number }): number => f.imm9h << 3 | f.imm9l;

export const sveFill: readonly Insn[] = [
  sveInsn('LDR (vector)', '1000010 11 0 imm9h:6 010 imm9l:3 Rn:5 Zt:5', {
    overrides: ['SVE LD1 (gather, 32-bit offsets)'],
    derive: f => ({ offset: scaledOffset(imm9(f), 9, VECTOR_BYTES) }),
    asm: f => `ldr\tz${f.Zt}, ${vectorMultiple(f.Rn, imm9(f), 9)}`,
    exec: (b, f) => setV(b, f.Zt, b.loadV(baseImmediate(b, f.Rn, f.offset), VECTOR_BYTES, bytewise)),
  }),
  sveInsn('LDR (predicate)', '1000010 11 0 imm9h:6 000 imm9l:3 Rn:5 0 Pt:4', {
    overrides: ['SVE LD1 (gather, 32-bit offsets)'],
    derive: f => ({ offset: scaledOffset(imm9(f), 9, PREDICATE_BYTES) }),
    asm: f => `ldr\tp${f.Pt}, ${vectorMultiple(f.Rn, imm9(f), 9)}`,
    exec: (b, f) => setP(b, f.Pt, b.wrap(b.load(baseImmediate(b, f.Rn, f.offset), PREDICATE_BYTES, bytewise))),
  }),
  sveInsn('STR (vector)', '1110010 11 0 imm9h:6 010 imm9l:3 Rn:5 Zt:5', {
    overrides: ['SVE ST1 (scalar plus scalar)'],
    derive: f => ({ offset: scaledOffset(imm9(f), 9, VECTOR_BYTES) }),
    asm: f => `str\tz${f.Zt}, ${vectorMultiple(f.Rn, imm9(f), 9)}`,
    exec: (b, f) => b.storeV(baseImmediate(b, f.Rn, f.offset), V(b, f.Zt), VECTOR_BYTES, bytewise),
  }),
  sveInsn('STR (predicate)', '1110010 11 0 imm9h:6 000 imm9l:3 Rn:5 0 Pt:4', {
    derive: f => ({ offset: scaledOffset(imm9(f), 9, PREDICATE_BYTES) }),
    asm: f => `str\tp${f.Pt}, ${vectorMultiple(f.Rn, imm9(f), 9)}`,
    exec: (b, f) => b.store(baseImmediate(b, f.Rn, f.offset), P(b, f.Pt), PREDICATE_BYTES, bytewise),
  }),
];
