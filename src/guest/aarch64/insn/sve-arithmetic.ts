/** SVE integer arithmetic, unpredicated: ADD and SUB of vectors (DDI 0487, C4.1.37 and C8.2). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setV, V } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import { zs } from '../sve/names.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

const unpredicated = (mnemonic: string, opc: string, operation: (b: Builder, lane: Lane, x: V128, y: V128) => V128): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (vectors, unpredicated)`, `00000100 size!2 1 Zm:5 000 ${fixed(opc)} Zn:5 Zd:5`, {
    asm: f => `${mnemonic}\t${zs(f.size, f.Zd, f.Zn, f.Zm)}`,
    exec: (b, f) => setV(b, f.Zd, operation(b, laneOf(f.size), V(b, f.Zn), V(b, f.Zm))),
  });

export const sveArithmetic: readonly Insn[] = [
  unpredicated('add', '000', (b, lane, x, y) => b.vadd(lane, x, y)),
  unpredicated('sub', '001', (b, lane, x, y) => b.vsub(lane, x, y)),
];
