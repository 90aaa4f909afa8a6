/** Advanced SIMD shift by immediate, and scalar shift by immediate: those that keep the size (DDI 0487, C7). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { scalar, vector } from '../names.ts';
import { lowBytes, setV, setVQ, V } from '../pseudocode.ts';
import { constant, laneOf, shiftLeft, shiftRight, shiftRightRounded } from '../simd/lanes.ts';
import { shiftLeftSaturated, type Saturation } from '../simd/saturate.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { bytesOf, signedName, unsignedName } from './simd-form.ts';

/** HighestSetBit(immh): the element's size as 0..3. */
export const sizeOf = (f: { immh: number }): number => 31 - Math.clz32(f.immh);
export const rightShift = (f: { immh: number; immb: number }): number => 2 * laneOf(sizeOf(f)) - (f.immh * 8 + f.immb);
export const leftShift = (f: { immh: number; immb: number }): number => f.immh * 8 + f.immb - laneOf(sizeOf(f));

type Operation = (b: Builder, lane: Lane, n: number, x: V128, d: () => V128) => V128;

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
    fpInsn(`${name} (vector, immediate)`, `0 Q!1 ${fixed(U)} 011110 immh!4 immb!3 ${fixed(opcode)} 1 Rn:5 Rd:5`, {
      // immh 0000 is the modified immediates' class.
      valid: f => f.immh !== 0 && (f.immh < 8 || f.Q === 1),
      asm: f => `${mnemonic}\t${vector(f.Q, sizeOf(f), f.Rd)}, ${vector(f.Q, sizeOf(f), f.Rn)}, #${count(f)}`,
      exec(b, f) {
        const x = V(b, f.Rn);
        setVQ(b, f.Rd, f.Q, operation(b, laneOf(sizeOf(f)), count(f), saturating && !f.Q ? lowBytes(b, x, 8) : x, () => V(b, f.Rd)));
      },
    }),
    fpInsn(`${name} (scalar, immediate)`, `01 ${fixed(U)} 111110 immh!4 immb!3 ${fixed(opcode)} 1 Rn:5 Rd:5`, {
      valid: f => f.immh !== 0 && sizeOf(f) >= form.scalarFrom,
      asm: f => `${mnemonic}\t${scalar(sizeOf(f), f.Rd)}, ${scalar(sizeOf(f), f.Rn)}, #${count(f)}`,
      exec(b, f) {
        const low = (value: V128): V128 => lowBytes(b, value, bytesOf(sizeOf(f)));
        const x = V(b, f.Rn);
        setV(b, f.Rd, low(operation(b, laneOf(sizeOf(f)), count(f), saturating ? low(x) : x, () => V(b, f.Rd))));
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

/** SLI and SRI: `shifted` where it has bits of x, the destination elsewhere. */
function insert(b: Builder, lane: Lane, kept: bigint, shifted: V128, d: V128): V128 {
  return b.vor(b.vand(d, constant(b, lane, kept)), shifted);
}

export const simdShiftImmediate: readonly Insn[] = [
  ...both('*shr', '00000', RIGHT, unsigned => (b, lane, n, x) => shiftRight(b, lane, unsigned, x, n)),
  ...both('*sra', '00010', RIGHT, unsigned => (b, lane, n, x, d) => b.vadd(lane, d(), shiftRight(b, lane, unsigned, x, n))),
  ...both('*rshr', '00100', RIGHT, unsigned => (b, lane, n, x) => shiftRightRounded(b, lane, unsigned, x, n)),
  ...both('*rsra', '00110', RIGHT, unsigned => (b, lane, n, x, d) => b.vadd(lane, d(), shiftRightRounded(b, lane, unsigned, x, n))),
  ...byImmediate('sri', 1, '01000', RIGHT, (b, lane, n, x, d) =>
    insert(b, lane, (-1n << BigInt(lane - n)), shiftRight(b, lane, true, x, n), d())),
  ...byImmediate('sli', 1, '01010', LEFT, (b, lane, n, x, d) => insert(b, lane, (1n << BigInt(n)) - 1n, shiftLeft(b, lane, x, n), d())),
  ...byImmediate('shl', 0, '01010', LEFT, (b, lane, n, x) => shiftLeft(b, lane, x, n)),
  ...byImmediate('sqshl', 0, '01110', SATURATING, saturated('signed')),
  ...byImmediate('uqshl', 1, '01110', SATURATING, saturated('unsigned')),
  ...byImmediate('sqshlu', 1, '01100', SATURATING, saturated('toUnsigned')),
];
