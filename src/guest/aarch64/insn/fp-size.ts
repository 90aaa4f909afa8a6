/** The precisions that a family of floating-point entries exists in. */
import type { FpSize } from '../fp/format.ts';
import { scalar } from '../names.ts';
import { fixed } from './fixed.ts';

export interface Precision {
  readonly N: FpSize;
  /** Bits 23..22 of the scalar encodings. */
  readonly ftype: '0';
  /** For the entry's description: half precision arithmetic is optional. */
  readonly feature: { feature?: string };
  /** The scalar register in assembly. */
  readonly reg: (r: number) => string;
}

const precision = (N: FpSize, ftype: string, size: number, feature: { feature?: string }): Precision => ({
  N,
  ftype: fixed(ftype),
  feature,
  reg: r => scalar(size, r),
});

export const single = precision(32, '00', 2, {});
export const double = precision(64, '01', 3, {});
export const half = precision(16, '11', 1, { feature: 'FP16' });
export const precisions: readonly Precision[] = [single, double, half];
