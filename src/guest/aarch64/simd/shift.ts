/** Shifts by register: SSHL, USHL and their rounding and saturating forms (DDI 0487, C7: "Shift left (register)"). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import { constant, negative, ones, shiftLeft, shiftRight, zero } from './lanes.ts';
import { limit, setQC } from './saturate.ts';

export interface ShiftKind {
  readonly unsigned: boolean;
  /** Shifts to the right round to nearest. */
  readonly rounding: boolean;
  /** Shifts to the left saturate and set FPSR.QC. */
  readonly saturating: boolean;
}

/** Each lane of x shifted left by the signed number in the low byte of y's lane; to the right where that is negative. */
export function shiftByRegister(b: Builder, lane: Lane, kind: ShiftKind, x: V128, y: V128): V128 {
  const amount = shiftRight(b, lane, false, shiftLeft(b, lane, y, lane - 8), lane - 8);
  const rightwards = negative(b, lane, amount);
  const left = kind.saturating ? leftSaturated(b, lane, kind.unsigned, x, amount, rightwards) : leftPlain(b, lane, x, amount);
  return b.vselect(rightwards, right(b, lane, kind, x, amount), left);
}

function leftPlain(b: Builder, lane: Lane, x: V128, amount: V128): V128 {
  return b.vandNot(shiftEach(b, lane, 'left', x, amount), beyond(b, lane, amount));
}

function leftSaturated(b: Builder, lane: Lane, unsigned: boolean, x: V128, amount: V128, rightwards: V128): V128 {
  const shifted = leftPlain(b, lane, x, amount);
  // Past the width nothing is left of x, and shifting back gives it only if it was 0.
  const kept = b.veq(lane, shiftEach(b, lane, unsigned ? 'rightUnsigned' : 'rightSigned', shifted, amount), x);
  setQC(b, b.vnot(b.vor(kept, rightwards)));
  return b.vselect(kept, shifted, unsigned ? ones(b) : limit(b, lane, x));
}

/** By -amount: by ~amount, which is one less, then by one: so that the last bit out is there to be rounded with. */
function right(b: Builder, lane: Lane, kind: ShiftKind, x: V128, amount: V128): V128 {
  const count = b.vnot(amount);
  const almost = shiftEach(b, lane, kind.unsigned ? 'rightUnsigned' : 'rightSigned', x, count);
  const shifted = shiftRight(b, lane, kind.unsigned, almost, 1);
  const near = kind.rounding ? b.vadd(lane, shifted, b.vand(almost, constant(b, lane, 1n))) : shifted;
  const far = kind.unsigned || kind.rounding ? zero(b) : negative(b, lane, x);
  return b.vselect(beyond(b, lane, count), far, near);
}

/** All ones in lanes whose count is the width or more. */
const beyond = (b: Builder, lane: Lane, count: V128): V128 => b.vgeS(lane, count, constant(b, lane, BigInt(lane)));

/** Each lane by its own count modulo the width: bit k of the count decides on a shift by 1 << k. */
export function shiftEach(b: Builder, lane: Lane, to: 'left' | 'rightSigned' | 'rightUnsigned', x: V128, counts: V128): V128 {
  let value = x;
  for (let k = 0; 1 << k < lane; k++) {
    const chosen = negative(b, lane, shiftLeft(b, lane, counts, lane - 1 - k));
    const shifted = to === 'left' ? shiftLeft(b, lane, value, 1 << k) : shiftRight(b, lane, to === 'rightUnsigned', value, 1 << k);
    value = b.vselect(chosen, shifted, value);
  }
  return value;
}
