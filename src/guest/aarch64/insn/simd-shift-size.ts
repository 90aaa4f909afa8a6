/** Advanced SIMD shift by immediate that narrow (SHRN, SQSHRN …) or widen (SSHLL, USHLL), and the scalar ones (DDI 0487, C7). */
import type { Builder, I32, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { scalar, vector } from '../names.ts';
import { lowBytes, setV, V } from '../pseudocode.ts';
import {
  doubled, extend, halfOf, laneOf, narrow, narrowHigh, shiftLeft, shiftRightRoundedBy, type NarrowLane, type WideLane,
} from '../simd/lanes.ts';
import { narrowSaturated, type Saturation } from '../simd/saturate.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { bytesOf, second, titleOfBoth } from './simd-form.ts';
import { setHalf } from './simd-narrow.ts';
import { leftShift, rightShift, sizeOf } from './simd-shift-immediate.ts';

const narrowLane = (f: { immh: number }): NarrowLane => laneOf(sizeOf(f)) as NarrowLane;
/** A shift by less than the width of `lane`. */
type Shift = (b: Builder, lane: WideLane, unsigned: boolean, x: V128, n: I32) => V128;
const plain: Shift = (b, lane, unsigned, x, n) => (unsigned ? b.vshrU(lane, x, n) : b.vshrS(lane, x, n));

/** SHRN, RSHRN. */
function narrowing(mnemonic: string, opcode: string, shift: Shift): Insn {
  return fpInsn(titleOfBoth(mnemonic), `0 Q!1 0 011110 immh!4 immb:3 ${fixed(opcode)} 1 Rn:5 Rd:5`, {
    valid: f => f.immh !== 0 && f.immh < 8,
    derive: f => ({ n: rightShift(f) }),
    asm: f => `${second(mnemonic, f.Q)}\t${vector(f.Q, sizeOf(f), f.Rd)}, ${vector(1, sizeOf(f) + 1, f.Rn)}, #${rightShift(f)}`,
    exec(b, f) {
      const lane = narrowLane(f);
      const shifted = shift(b, doubled(lane), true, V(b, f.Rn), b.operand(f.n));
      setV(b, f.Rd, f.Q ? narrowHigh(b, lane, V(b, f.Rd), shifted) : narrow(b, lane, shifted));
    },
  });
}

function saturating(mnemonic: string, U: 0 | 1, opcode: string, from: Saturation, shift: Shift): Insn[] {
  const narrowed = (b: Builder, lane: NarrowLane, n: Operand, x: V128): V128 =>
    narrowSaturated(b, lane, from, shift(b, doubled(lane), from === 'unsigned', x, b.operand(n)));
  return [
    fpInsn(titleOfBoth(mnemonic), `0 Q!1 ${fixed(U)} 011110 immh!4 immb:3 ${fixed(opcode)} 1 Rn:5 Rd:5`, {
      valid: f => f.immh !== 0 && f.immh < 8,
      derive: f => ({ n: rightShift(f) }),
      asm: f => `${second(mnemonic, f.Q)}\t${vector(f.Q, sizeOf(f), f.Rd)}, ${vector(1, sizeOf(f) + 1, f.Rn)}, #${rightShift(f)}`,
      exec: (b, f) => setV(b, f.Rd, setHalf(b, f.Q, () => V(b, f.Rd), narrowed(b, narrowLane(f), f.n, V(b, f.Rn)))),
    }),
    fpInsn(`${mnemonic.toUpperCase()} (scalar)`, `01 ${fixed(U)} 111110 immh!4 immb:3 ${fixed(opcode)} 1 Rn:5 Rd:5`, {
      valid: f => f.immh !== 0 && f.immh < 8,
      derive: f => ({ n: rightShift(f) }),
      asm: f => `${mnemonic}\t${scalar(sizeOf(f), f.Rd)}, ${scalar(sizeOf(f) + 1, f.Rn)}, #${rightShift(f)}`,
      exec: (b, f) => setV(b, f.Rd, narrowed(b, narrowLane(f), f.n, lowBytes(b, V(b, f.Rn), bytesOf(sizeOf(f) + 1)))),
    }),
  ];
}

/** SSHLL, USHLL, which are SXTL and UXTL where the shift is by 0. */
function widening(signedness: 's' | 'u', U: 0 | 1): Insn {
  return fpInsn(titleOfBoth(`${signedness}shll`), `0 Q!1 ${fixed(U)} 011110 immh!4 immb!3 10100 1 Rn:5 Rd:5`, {
    valid: f => f.immh !== 0 && f.immh < 8,
    asm(f) {
      const registers = `${vector(1, sizeOf(f) + 1, f.Rd)}, ${vector(f.Q, sizeOf(f), f.Rn)}`;
      const n = leftShift(f);
      return n === 0 ? `${second(`${signedness}xtl`, f.Q)}\t${registers}` : `${second(`${signedness}shll`, f.Q)}\t${registers}, #${n}`;
    },
    exec(b, f) {
      const lane = narrowLane(f);
      setV(b, f.Rd, shiftLeft(b, doubled(lane), extend(b, lane, U === 1, halfOf(f.Q), V(b, f.Rn)), leftShift(f)));
    },
  });
}

export const simdShiftSize: readonly Insn[] = [
  narrowing('shrn', '10000', plain),
  narrowing('rshrn', '10001', shiftRightRoundedBy),
  ...saturating('sqshrn', 0, '10010', 'signed', plain),
  ...saturating('sqrshrn', 0, '10011', 'signed', shiftRightRoundedBy),
  ...saturating('uqshrn', 1, '10010', 'unsigned', plain),
  ...saturating('uqrshrn', 1, '10011', 'unsigned', shiftRightRoundedBy),
  ...saturating('sqshrun', 1, '10000', 'toUnsigned', plain),
  ...saturating('sqrshrun', 1, '10001', 'toUnsigned', shiftRightRoundedBy),
  widening('s', 0),
  widening('u', 1),
];
