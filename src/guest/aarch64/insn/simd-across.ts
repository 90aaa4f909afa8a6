/** Advanced SIMD across lanes: integer (DDI 0487, C7: ADDV, SADDLV, SMAXV …). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { scalar, vector } from '../names.ts';
import { lowBytes, setV, V } from '../pseudocode.ts';
import { addPairsLong, doubled, laneOf, max, min, reduce, type NarrowLane } from '../simd/lanes.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { bytesOf } from './simd-form.ts';

type Reduction = (b: Builder, lane: NarrowLane, Q: number, x: V128) => V128;

/** `how` gives the lowest element of the result; the destination has the size of an element, or twice that (`long`). */
function across(mnemonic: string, U: 0 | 1, opcode: string, long: 0 | 1, how: Reduction): Insn {
  return fpInsn(mnemonic.toUpperCase(), `0 Q!1 ${fixed(U)} 01110 size!2 11000 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
    valid: f => f.size < 2 || (f.size === 2 && f.Q === 1),
    asm: f => `${mnemonic}\t${scalar(f.size + long, f.Rd)}, ${vector(f.Q, f.size, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, lowBytes(b, how(b, laneOf(f.size) as NarrowLane, f.Q, V(b, f.Rn)), bytesOf(f.size + long))),
  });
}

const elements = (lane: Lane, Q: number): number => (Q ? 128 : 64) / lane;

/** Sums of pairs at twice the width, then all of those. */
const addLong = (unsigned: boolean): Reduction => (b, lane, Q, x) => {
  const wide = doubled(lane);
  return reduce(b, wide, elements(wide, Q), addPairsLong(b, lane, unsigned, x), (y, z) => b.vadd(wide, y, z));
};

const extreme = (of: typeof max, unsigned: boolean): Reduction => (b, lane, Q, x) =>
  reduce(b, lane, elements(lane, Q), x, (y, z) => of(b, lane, unsigned, y, z));

export const simdAcross: readonly Insn[] = [
  across('saddlv', 0, '00011', 1, addLong(false)),
  across('uaddlv', 1, '00011', 1, addLong(true)),
  across('addv', 0, '11011', 0, (b, lane, Q, x) => reduce(b, lane, elements(lane, Q), x, (y, z) => b.vadd(lane, y, z))),
  across('smaxv', 0, '01010', 0, extreme(max, false)),
  across('umaxv', 1, '01010', 0, extreme(max, true)),
  across('sminv', 0, '11010', 0, extreme(min, false)),
  across('uminv', 1, '11010', 0, extreme(min, true)),
];
