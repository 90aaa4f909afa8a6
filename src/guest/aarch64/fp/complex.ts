/** Complex numbers in vectors, real parts in even elements: what FCADD adds and FCMLA multiplies (DDI 0487, C7 and C8). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import { shuffleLanes } from '../simd/lanes.ts';
import type { FpSize } from './format.ts';

/** The elements of each pair: one of them twice, or both the other way round. */
function pairs(b: Builder, N: FpSize, x: V128, first: 0 | 1, second: 0 | 1): V128 {
  const numbers = Array.from({ length: 64 / N }, (_, i) => [2 * i + first, 2 * i + second]);
  return shuffleLanes(b, N, x, x, numbers.flat());
}

/** The sign turned in even elements, in odd ones, in both. */
function negated(b: Builder, N: FpSize, x: V128, even: boolean, odd: boolean): V128 {
  const sign = 1n << BigInt(N - 1);
  let signs = 0n;
  for (let at = 0; at < 128; at += 2 * N) signs |= ((even ? sign : 0n) | (odd ? sign << BigInt(N) : 0n)) << BigInt(at);
  return b.vxor(x, b.v128(signs));
}

/** x turned by 90 degrees (rot 0) or 270 (rot 1). */
export const turned = (b: Builder, N: FpSize, rot: number, x: V128): V128 => negated(b, N, pairs(b, N, x, 1, 0), rot === 0, rot === 1);

/** What is multiplied, of n * m, for the part that a rotation by `rot` right angles has. */
export function factors(b: Builder, N: FpSize, rot: number, n: V128, m: V128): [V128, V128] {
  const part = (rot & 1) as 0 | 1;
  const factor = part ? pairs(b, N, m, 1, 0) : m;
  return [pairs(b, N, n, part, part), negated(b, N, factor, rot === 1 || rot === 2, rot >= 2)];
}
