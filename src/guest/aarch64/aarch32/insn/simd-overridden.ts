/** Encodings of Advanced SIMD that others are carved out of, as `overrides` (ARM DDI 0487, F4.1 "Advanced SIMD two registers, or three …"). */
import type { Both } from '../both.ts';
import { simdByScalar } from './simd-by-scalar.ts';
import { simdThreeDifferent } from './simd-three-different.ts';

const names = (entries: readonly Both[]): string[] => entries.map(({ t32 }) => t32.name.replace('T32 ', ''));

/** Three registers of different lengths, and two and a scalar, have no size 11: with it the word is something else. */
export const withoutSize11: readonly string[] = names([...simdThreeDifferent, ...simdByScalar]);
