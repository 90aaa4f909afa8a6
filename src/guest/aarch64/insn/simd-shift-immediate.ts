/** Advanced SIMD shift by immediate, and scalar shift by immediate: those that keep the size (DDI 0487, C7). */
import type { Builder, I32, I64, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { lowBytes, setV, setVQ, V } from '../pseudocode.ts';
import { laneOf, shiftRightBy, shiftRightRoundedBy } from '../simd/lanes.ts';
import { shiftLeftSaturated, type Saturation } from '../simd/saturate.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { bytesOf, scalars, signedName, unsignedName, vectors } from './simd-form.ts';

/** HighestSetBit(immh): the element's size as 0..3. */
export const sizeOf = (f: { immh: number }): number => 31 - Math.clz32(f.immh);
export const rightShift = (f: { immh: number; immb: number }): number => 2 * laneOf(sizeOf(f)) - (f.immh * 8 + f.immb);
export const leftShift = (f: { immh: number; immb: number }): number => f.immh * 8 + f.immb - laneOf(sizeOf(f));

export type Operation = (b: Builder, lane: Lane, n: I32, x: V128, d: () => V128) => V128;

interface Form {
  readonly direction: 'left' | 'right';
  /** Sizes of the scalar form start at this one: 3 (d only) or 0. */
  readonly scalarFrom: number;
}

const RIGHT: Form = { direction: 'right', scalarFrom: 3 };
const LEFT: Form = { direction: 'left', scalarFrom: 3 };
/** These set FPSR.QC, and lanes that the instruction does not have are made zero for them. */
const SATURATING: Form = { direction: 'left', scalarFrom: 0 };

function byImmediate(mnemonic: string, U: 0 | 1, opcode: string, form: Form, operation: Operation): Insn[] {
  const count = form.direction === 'left' ? leftShift : rightShift;
  const saturating = form === SATURATING;
  const name = mnemonic.toUpperCase();
  return [
    fpInsn(`${name} (vector, immediate)`, `0 Q!1 ${fixed(U)} 011110 immh!4 immb:3 ${fixed(opcode)} 1 Rn:5 Rd:5`, {
      // immh 0000 is the modified immediates' class.
      valid: f => f.immh !== 0 && (f.immh < 8 || f.Q === 1),
      derive: f => ({ n: count(f) }),
      asm: f => `${mnemonic}\t${vectors(f.Q, sizeOf(f), f.Rd, f.Rn)}, #${count(f)}`,
      exec(b, f) {
        const x = V(b, f.Rn);
        setVQ(b, f.Rd, f.Q, operation(b, laneOf(sizeOf(f)), b.operand(f.n), saturating && !f.Q ? lowBytes(b, x, 8) : x, () => V(b, f.Rd)));
      },
    }),
    fpInsn(`${name} (scalar, immediate)`, `01 ${fixed(U)} 111110 immh!4 immb:3 ${fixed(opcode)} 1 Rn:5 Rd:5`, {
      valid: f => f.immh !== 0 && sizeOf(f) >= form.scalarFrom,
      derive: f => ({ n: count(f) }),
      asm: f => `${mnemonic}\t${scalars(sizeOf(f), f.Rd, f.Rn)}, #${count(f)}`,
      exec(b, f) {
        const low = (value: V128): V128 => lowBytes(b, value, bytesOf(sizeOf(f)));
        const x = V(b, f.Rn);
        setV(b, f.Rd, low(operation(b, laneOf(sizeOf(f)), b.operand(f.n), saturating ? low(x) : x, () => V(b, f.Rd))));
      },
    }),
  ];
}

/** The signed (U 0) and the unsigned (U 1) one. */
const both = (name: string, opcode: string, form: Form, operation: (unsigned: boolean) => Operation): Insn[] => [
  ...byImmediate(signedName(name), 0, opcode, form, operation(false)),
  ...byImmediate(unsignedName(name), 1, opcode, form, operation(true)),
];

const saturated = (from: Saturation): Operation => (b, lane, n, x) => shiftLeftSaturated(b, lane, from, x, n);

/** SLI and SRI: `shifted` where `mask`, the same in every lane, has ones; the destination elsewhere. */
function insert(b: Builder, lane: Lane, mask: I64, shifted: V128, d: V128): V128 {
  return b.vselect(b.vsplat(lane, mask), shifted, d);
}
export const SLI: Operation = (b, lane, n, x, d) => insert(b, lane, b.shl(b.i64(-1), n), b.vshl(lane, x, n), d());
/** A shift by the whole width leaves the mask empty, and nothing of what the host makes of it. */
export const SRI: Operation = (b, lane, n, x, d) => {
  const almost = b.shrU(b.i64((1n << BigInt(lane)) - 1n), b.sub(n, b.i32(1)));
  return insert(b, lane, b.shrU(almost, b.i32(1)), b.vshrU(lane, x, n), d());
};

export const simdShiftImmediate: readonly Insn[] = [
  ...both('*shr', '00000', RIGHT, unsigned => (b, lane, n, x) => shiftRightBy(b, lane, unsigned, x, n)),
  ...both('*sra', '00010', RIGHT, unsigned => (b, lane, n, x, d) => b.vadd(lane, d(), shiftRightBy(b, lane, unsigned, x, n))),
  ...both('*rshr', '00100', RIGHT, unsigned => (b, lane, n, x) => shiftRightRoundedBy(b, lane, unsigned, x, n)),
  ...both('*rsra', '00110', RIGHT, unsigned => (b, lane, n, x, d) => b.vadd(lane, d(), shiftRightRoundedBy(b, lane, unsigned, x, n))),
  ...byImmediate('sri', 1, '01000', RIGHT, SRI),
  ...byImmediate('sli', 1, '01010', LEFT, SLI),
  ...byImmediate('shl', 0, '01010', LEFT, (b, lane, n, x) => b.vshl(lane, x, n)),
  ...byImmediate('sqshl', 0, '01110', SATURATING, saturated('signed')),
  ...byImmediate('uqshl', 1, '01110', SATURATING, saturated('unsigned')),
  ...byImmediate('sqshlu', 1, '01100', SATURATING, saturated('toUnsigned')),
];
