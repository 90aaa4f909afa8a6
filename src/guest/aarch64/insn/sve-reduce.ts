/** SVE integer reductions of the active elements to a scalar (DDI 0487, C8: SADDV, UADDV, SMAXV …, ANDV, EORV, ORV). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { scalar } from '../names.ts';
import { lowBytes, setV, V } from '../pseudocode.ts';
import { addPairsLong, doubled, laneOf, max, maximum, min, minimum, ones, reduce, zero, type NarrowLane } from '../simd/lanes.ts';
import { z } from '../sve/names.ts';
import { maskOf, P } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { bytesOf } from './simd-form.ts';
import { sveInsn } from './sve-access.ts';

type Identity = (b: Builder, lane: Lane) => V128;
type Combination = (b: Builder, lane: Lane, x: V128, y: V128) => V128;

const rows: readonly (readonly [mnemonic: string, opcode: string, identity: Identity, of: Combination])[] = [
  ['smaxv', '001000', minimum, (b, lane, x, y) => max(b, lane, false, x, y)],
  ['umaxv', '001001', zero, (b, lane, x, y) => max(b, lane, true, x, y)],
  ['sminv', '001010', maximum, (b, lane, x, y) => min(b, lane, false, x, y)],
  ['uminv', '001011', ones, (b, lane, x, y) => min(b, lane, true, x, y)],
  ['orv', '011000', zero, (b, _lane, x, y) => b.vor(x, y)],
  ['eorv', '011001', zero, (b, _lane, x, y) => b.vxor(x, y)],
  ['andv', '011010', ones, (b, _lane, x, y) => b.vand(x, y)],
];

/** The sum of all elements in 64 bits. */
function sum(b: Builder, lane: Lane, unsigned: boolean, x: V128): V128 {
  if (lane === 64) return lowBytes(b, reduce(b, 64, 2, x, (y, w) => b.vadd(64, y, w)), 8);
  return sum(b, doubled(lane), unsigned, addPairsLong(b, lane as NarrowLane, unsigned, x));
}

const add = (mnemonic: string, opcode: string, unsigned: boolean): Insn =>
  sveInsn(mnemonic.toUpperCase(), `00000100 size!2 ${fixed(opcode)} 001 Pg:3 Zn:5 Vd:5`, {
    valid: f => unsigned || f.size !== 3,
    asm: f => `${mnemonic}\t${scalar(3, f.Vd)}, p${f.Pg}, ${z(f.size, f.Zn)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      setV(b, f.Vd, sum(b, lane, unsigned, b.vand(maskOf(b, lane, P(b, f.Pg)), V(b, f.Zn))));
    },
  });

export const sveReduce: readonly Insn[] = [
  add('saddv', '000000', false),
  add('uaddv', '000001', true),
  ...rows.map(([mnemonic, opcode, identity, of]) =>
    sveInsn(mnemonic.toUpperCase(), `00000100 size!2 ${fixed(opcode)} 001 Pg:3 Zn:5 Vd:5`, {
      asm: f => `${mnemonic}\t${scalar(f.size, f.Vd)}, p${f.Pg}, ${z(f.size, f.Zn)}`,
      exec(b, f) {
        const lane = laneOf(f.size);
        const all = b.vselect(maskOf(b, lane, P(b, f.Pg)), V(b, f.Zn), identity(b, lane));
        setV(b, f.Vd, lowBytes(b, reduce(b, lane, 128 / lane, all, (x, y) => of(b, lane, x, y)), bytesOf(f.size)));
      },
    }),
  ),
];
