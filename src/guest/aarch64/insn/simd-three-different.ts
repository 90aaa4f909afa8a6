/** Advanced SIMD three different, and scalar three different: long, wide and narrowing operations (DDI 0487, C7). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { scalar, vector } from '../names.ts';
import { lowBytes, setV, V } from '../pseudocode.ts';
import {
  absoluteDifference, constant, doubled, extend, halfOf, laneOf, multiplyWide, narrow, narrowHigh, shiftRight,
  type Half, type NarrowLane, type WideLane,
} from '../simd/lanes.ts';
import { multiply64, multiplyBytesWide } from '../simd/polynomial.ts';
import { addSaturated, doublingMultiplyWide, subtractSaturated } from '../simd/saturate.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { hasSize, scalars, second, signedName, titleOfBoth, unsignedName, vectors } from './simd-form.ts';

/** Of the `half` of x and y whose elements have `lane` bits; `d` reads the destination. */
type Long = (b: Builder, lane: NarrowLane, half: Half, x: V128, y: V128, d: () => V128) => V128;

function long(mnemonic: string, U: 0 | 1, opcode: string, sizes: string, operation: Long): Insn {
  return fpInsn(titleOfBoth(mnemonic), `0 Q!1 ${fixed(U)} 01110 size!2 1 Rm:5 ${fixed(opcode)} 00 Rn:5 Rd:5`, {
    valid: f => hasSize(sizes, f.size),
    asm: f => `${second(mnemonic, f.Q)}\t${vector(1, f.size + 1, f.Rd)}, ${vectors(f.Q, f.size, f.Rn, f.Rm)}`,
    exec: (b, f) => setV(b, f.Rd, operation(b, laneOf(f.size) as NarrowLane, halfOf(f.Q), V(b, f.Rn), V(b, f.Rm), () => V(b, f.Rd))),
  });
}

/** SADDW …: the first source has wide elements already. */
function wide(mnemonic: string, U: 0 | 1, opcode: string, operation: (b: Builder, lane: WideLane, x: V128, y: V128) => V128): Insn {
  return fpInsn(titleOfBoth(mnemonic), `0 Q!1 ${fixed(U)} 01110 size!2 1 Rm:5 ${fixed(opcode)} 00 Rn:5 Rd:5`, {
    valid: f => f.size !== 3,
    asm: f => `${second(mnemonic, f.Q)}\t${vectors(1, f.size + 1, f.Rd, f.Rn)}, ${vector(f.Q, f.size, f.Rm)}`,
    exec(b, f) {
      const lane = laneOf(f.size) as NarrowLane;
      setV(b, f.Rd, operation(b, doubled(lane), V(b, f.Rn), extend(b, lane, U === 1, halfOf(f.Q), V(b, f.Rm))));
    },
  });
}

/** ADDHN …: the high halves of sums or differences, rounded where U is 1. */
function narrowing(mnemonic: string, U: 0 | 1, opcode: string, operation: (b: Builder, lane: WideLane, x: V128, y: V128) => V128): Insn {
  return fpInsn(titleOfBoth(mnemonic), `0 Q!1 ${fixed(U)} 01110 size!2 1 Rm:5 ${fixed(opcode)} 00 Rn:5 Rd:5`, {
    valid: f => f.size !== 3,
    asm: f => `${second(mnemonic, f.Q)}\t${vector(f.Q, f.size, f.Rd)}, ${vectors(1, f.size + 1, f.Rn, f.Rm)}`,
    exec(b, f) {
      const lane = laneOf(f.size) as NarrowLane;
      const from = doubled(lane);
      const exact = operation(b, from, V(b, f.Rn), V(b, f.Rm));
      const high = shiftRight(b, from, true, U ? b.vadd(from, exact, constant(b, from, 1n << BigInt(lane - 1))) : exact, lane);
      setV(b, f.Rd, f.Q ? narrowHigh(b, lane, V(b, f.Rd), high) : narrow(b, lane, high));
    },
  });
}

function longScalar(mnemonic: string, opcode: string, operation: Long): Insn {
  return fpInsn(`${mnemonic.toUpperCase()} (scalar)`, `01 0 11110 size!2 1 Rm:5 ${fixed(opcode)} 00 Rn:5 Rd:5`, {
    valid: f => f.size === 1 || f.size === 2,
    asm: f => `${mnemonic}\t${scalar(f.size + 1, f.Rd)}, ${scalars(f.size, f.Rn, f.Rm)}`,
    exec(b, f) {
      const bytes = f.size === 1 ? 2 : 4;
      const d = (): V128 => lowBytes(b, V(b, f.Rd), f.size === 1 ? 4 : 8);
      setV(b, f.Rd, operation(b, laneOf(f.size) as NarrowLane, 'low', lowBytes(b, V(b, f.Rn), bytes), lowBytes(b, V(b, f.Rm), bytes), d));
    },
  });
}

/** The signed (U 0) and the unsigned (U 1) one. */
const both = (name: string, opcode: string, operation: (unsigned: boolean) => Long): Insn[] => [
  long(signedName(name), 0, opcode, 'bhs', operation(false)),
  long(unsignedName(name), 1, opcode, 'bhs', operation(true)),
];

const add = (b: Builder, lane: WideLane, x: V128, y: V128): V128 => b.vadd(lane, x, y);
const subtract = (b: Builder, lane: WideLane, x: V128, y: V128): V128 => b.vsub(lane, x, y);

const extended = (operation: typeof add) => (unsigned: boolean): Long => (b, lane, half, x, y) =>
  operation(b, doubled(lane), extend(b, lane, unsigned, half, x), extend(b, lane, unsigned, half, y));
/** A difference fits the narrow element, without a sign. */
const difference = (unsigned: boolean): Long => (b, lane, half, x, y) =>
  extend(b, lane, true, half, absoluteDifference(b, lane, unsigned, x, y));
const product = (unsigned: boolean): Long => (b, lane, half, x, y) => multiplyWide(b, lane, unsigned, half, x, y);
const accumulated = (operation: typeof add, of: (unsigned: boolean) => Long) => (unsigned: boolean): Long => (b, lane, half, x, y, d) =>
  operation(b, doubled(lane), d(), of(unsigned)(b, lane, half, x, y, d));

export const doublingLong: Long = (b, lane, half, x, y) => doublingMultiplyWide(b, lane as 16 | 32, half, x, y);
export const doublingLongAdd: Long = (b, lane, half, x, y, d) =>
  addSaturated(b, doubled(lane), false, d(), doublingLong(b, lane, half, x, y, d));
export const doublingLongSubtract: Long = (b, lane, half, x, y, d) =>
  subtractSaturated(b, doubled(lane), false, d(), doublingLong(b, lane, half, x, y, d));

const doubling: readonly [mnemonic: string, opcode: string, operation: Long][] = [
  ['sqdmlal', '1001', doublingLongAdd], ['sqdmlsl', '1011', doublingLongSubtract], ['sqdmull', '1101', doublingLong],
];

const PMULL = fpInsn('PMULL, PMULL2 (64-bit)', '0 Q!1 0 01110 11 1 Rm:5 1110 00 Rn:5 Rd:5', {
  feature: 'PMULL',
  asm: f => `${second('pmull', f.Q)}\tv${f.Rd}.1q, ${vectors(f.Q, 3, f.Rn, f.Rm)}`,
  exec: (b, f) => setV(b, f.Rd, multiply64(b, b.vget(64, V(b, f.Rn), f.Q), b.vget(64, V(b, f.Rm), f.Q))),
});

const PMULL_bytes = fpInsn('PMULL, PMULL2', '0 Q!1 0 01110 00 1 Rm:5 1110 00 Rn:5 Rd:5', {
  asm: f => `${second('pmull', f.Q)}\t${vector(1, 1, f.Rd)}, ${vectors(f.Q, 0, f.Rn, f.Rm)}`,
  exec: (b, f) => setV(b, f.Rd, multiplyBytesWide(b, halfOf(f.Q), V(b, f.Rn), V(b, f.Rm))),
});

export const simdThreeDifferent: readonly Insn[] = [
  ...both('*addl', '0000', extended(add)),
  ...both('*subl', '0010', extended(subtract)),
  wide('saddw', 0, '0001', add),
  wide('uaddw', 1, '0001', add),
  wide('ssubw', 0, '0011', subtract),
  wide('usubw', 1, '0011', subtract),
  narrowing('addhn', 0, '0100', add),
  narrowing('raddhn', 1, '0100', add),
  narrowing('subhn', 0, '0110', subtract),
  narrowing('rsubhn', 1, '0110', subtract),
  ...both('*abal', '0101', accumulated(add, difference)),
  ...both('*abdl', '0111', difference),
  ...both('*mlal', '1000', accumulated(add, product)),
  ...both('*mlsl', '1010', accumulated(subtract, product)),
  ...both('*mull', '1100', product),
  ...doubling.flatMap(([mnemonic, opcode, operation]) =>
    [long(mnemonic, 0, opcode, 'hs', operation), longScalar(mnemonic, opcode, operation)]),
  PMULL,
  PMULL_bytes,
];
