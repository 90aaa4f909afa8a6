/** UnsignedRecipEstimate and UnsignedRSqrtEstimate of the Arm ARM's shared pseudocode (DDI 0487, J1), of four elements. */
import { defineHelper } from '../../../isa/call.ts';

/** RecipEstimate: a from 256 to 511 in units of 1/512, the result from 256 to 511 in units of 1/256. */
function RecipEstimate(a: number): number {
  const b = Math.floor(2 ** 19 / (a * 2 + 1));
  return (b + 1) >> 1;
}

/** RecipSqrtEstimate: a from 128 to 511 in units of 1/512, the result from 256 to 511 in units of 1/256. */
function RecipSqrtEstimate(a: number): number {
  const middle = a < 256 ? a * 2 + 1 : ((a & ~1) + 1) * 2;
  let b = 512;
  while (middle * (b + 1) ** 2 < 2 ** 28) b++;
  return (b + 1) >> 1;
}

/** The estimate of the top 9 bits of each element, in the top bits; all ones for elements below `least`. */
function eachElement(x: bigint, least: number, estimate: (a: number) => number): bigint {
  let result = 0n;
  for (let at = 0n; at < 128n; at += 32n) {
    const element = Number((x >> at) & 0xffff_ffffn);
    const bits = element < least ? 0xffff_ffff : (estimate(element >>> 23) & 0x1ff) * 2 ** 23;
    result |= BigInt(bits) << at;
  }
  return result;
}

export const UnsignedRecipEstimate = defineHelper('UnsignedRecipEstimate', ['v128'], 'v128', {}, (_cpu, x) =>
  eachElement(x, 2 ** 31, RecipEstimate));
export const UnsignedRSqrtEstimate = defineHelper('UnsignedRSqrtEstimate', ['v128'], 'v128', {}, (_cpu, x) =>
  eachElement(x, 2 ** 30, RecipSqrtEstimate));
