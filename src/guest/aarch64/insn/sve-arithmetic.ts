/** SVE integer and bitwise operations on whole vectors (DDI 0487, C4.1 "SVE Integer Arithmetic - Unpredicated", "SVE Bitwise Logical", C8.2). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setV, V } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import { saturatedDifference, saturatedSum } from '../simd/saturate.ts';
import { merging, z, zeroing, zs } from '../sve/names.ts';
import { merged, P, zeroed } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

const unpredicated = (mnemonic: string, opc: string, operation: (b: Builder, lane: Lane, x: V128, y: V128) => V128): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (vectors, unpredicated)`, `00000100 size!2 1 Zm:5 000 ${fixed(opc)} Zn:5 Zd:5`, {
    asm: f => `${mnemonic}\t${zs(f.size, f.Zd, f.Zn, f.Zm)}`,
    exec: (b, f) => setV(b, f.Zd, operation(b, laneOf(f.size), V(b, f.Zn), V(b, f.Zm))),
  });

const bitwise = (mnemonic: string, opc: string, operation: (b: Builder, x: V128, y: V128) => V128): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (vectors, unpredicated)`, `00000100 ${fixed(opc)} 1 Zm:5 001100 Zn:5 Zd:5`, {
    asm: f => (mnemonic === 'orr' && f.Zn === f.Zm ? `mov\t${zs(3, f.Zd, f.Zn)}` : `${mnemonic}\t${zs(3, f.Zd, f.Zn, f.Zm)}`),
    exec: (b, f) => setV(b, f.Zd, operation(b, V(b, f.Zn), V(b, f.Zm))),
  });

/** CONSTRAINED UNPREDICTABLE: whatever instruction follows MOVPRFX, both do what they do alone. */
const prefixes: readonly Insn[] = [
  sveInsn('MOVPRFX (predicated)', '00000100 size!2 01000 M!1 001 Pg:3 Zn:5 Zd:5', {
    asm: f => `movprfx\t${z(f.size, f.Zd)}, ${f.M ? merging(f.Pg) : zeroing(f.Pg)}, ${z(f.size, f.Zn)}`,
    exec(b, f) {
      const [lane, p, x] = [laneOf(f.size), P(b, f.Pg), V(b, f.Zn)];
      setV(b, f.Zd, f.M ? merged(b, lane, p, x, V(b, f.Zd)) : zeroed(b, lane, p, x));
    },
  }),
  sveInsn('MOVPRFX (unpredicated)', '00000100 00 1 00000 101111 Zn:5 Zd:5', {
    asm: f => `movprfx\tz${f.Zd}, z${f.Zn}`,
    exec: (b, f) => setV(b, f.Zd, V(b, f.Zn)),
  }),
];

export const sveArithmetic: readonly Insn[] = [
  unpredicated('add', '000', (b, lane, x, y) => b.vadd(lane, x, y)),
  unpredicated('sub', '001', (b, lane, x, y) => b.vsub(lane, x, y)),
  unpredicated('sqadd', '100', (b, lane, x, y) => saturatedSum(b, lane, false, x, y)),
  unpredicated('uqadd', '101', (b, lane, x, y) => saturatedSum(b, lane, true, x, y)),
  unpredicated('sqsub', '110', (b, lane, x, y) => saturatedDifference(b, lane, false, x, y)),
  unpredicated('uqsub', '111', (b, lane, x, y) => saturatedDifference(b, lane, true, x, y)),
  bitwise('and', '00', (b, x, y) => b.vand(x, y)),
  bitwise('orr', '01', (b, x, y) => b.vor(x, y)),
  bitwise('eor', '10', (b, x, y) => b.vxor(x, y)),
  bitwise('bic', '11', (b, x, y) => b.vandNot(x, y)),
  ...prefixes,
];
