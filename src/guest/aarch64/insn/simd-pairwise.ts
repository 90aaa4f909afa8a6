/** Advanced SIMD pairwise integer instructions: ADDP, SMAXP … of two vectors, and the scalar ADDP (DDI 0487, C7). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { vector } from '../names.ts';
import { lowBytes, setV, setVQ, V } from '../pseudocode.ts';
import { laneOf, max, min, pairwise, reduce } from '../simd/lanes.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { vectors } from './simd-form.ts';

type Combine = (b: Builder, lane: Lane, x: V128, y: V128) => V128;

function pairs(mnemonic: string, U: 0 | 1, opcode: string, combine: Combine): Insn {
  return fpInsn(`${mnemonic.toUpperCase()} (vector)`, `0 Q!1 ${fixed(U)} 01110 size!2 1 Rm:5 ${fixed(opcode)} 1 Rn:5 Rd:5`, {
    valid: f => f.size !== 3 || (mnemonic === 'addp' && f.Q === 1),
    asm: f => `${mnemonic}\t${vectors(f.Q, f.size, f.Rd, f.Rn, f.Rm)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      setVQ(b, f.Rd, f.Q, pairwise(b, lane, f.Q, V(b, f.Rn), V(b, f.Rm), (even, odd) => combine(b, lane, even, odd)));
    },
  });
}

const add: Combine = (b, lane, x, y) => b.vadd(lane, x, y);

export const simdPairwise: readonly Insn[] = [
  pairs('addp', 0, '10111', add),
  pairs('smaxp', 0, '10100', (b, lane, x, y) => max(b, lane, false, x, y)),
  pairs('umaxp', 1, '10100', (b, lane, x, y) => max(b, lane, true, x, y)),
  pairs('sminp', 0, '10101', (b, lane, x, y) => min(b, lane, false, x, y)),
  pairs('uminp', 1, '10101', (b, lane, x, y) => min(b, lane, true, x, y)),
  fpInsn('ADDP (scalar)', '01 0 11110 11 11000 11011 10 Rn:5 Rd:5', {
    asm: f => `addp\td${f.Rd}, ${vector(1, 3, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, lowBytes(b, reduce(b, 64, 2, V(b, f.Rn), (x, y) => add(b, 64, x, y)), 8)),
  }),
];
