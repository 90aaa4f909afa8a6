/** The forms that Advanced SIMD floating-point instructions come in: vectors and scalars of three precisions. */
import type { FpSize } from '../fp/format.ts';
import { scalar, vector } from '../names.ts';
import { fixed } from './fixed.ts';
import { precisions } from './fp-size.ts';

export interface Form {
  readonly N: FpSize;
  /** For the entry's name: '(vector, 32)'. */
  readonly label: string;
  readonly feature: { feature?: string };
  /** Bits 31 and 30, and 28 to 24. A scalar form has no Q: what it is then doesn't matter below. */
  readonly head: '0 Q!1';
  readonly group: '0';
  /** Bits 28 to 24 of the groups with an immediate or an indexed element. */
  readonly immediateGroup: '0';
  readonly valid: (f: { readonly Q: number }) => boolean;
  /** Number of elements. */
  readonly count: (Q: number) => number;
  /** A register in assembly. */
  readonly reg: (Q: number, r: number) => string;
}

const sizeOf = (N: FpSize): number => ({ 16: 1, 32: 2, 64: 3 })[N];

export const vectorForms: readonly Form[] = precisions.map(({ N, feature }) => ({
  N,
  feature,
  label: `(vector, ${N})`,
  head: '0 Q!1',
  group: fixed('01110'),
  immediateGroup: fixed('01111'),
  valid: f => N !== 64 || f.Q === 1,
  count: Q => (Q ? 128 : 64) / N,
  reg: (Q, r) => vector(Q, sizeOf(N), r),
}));

export const scalarForms: readonly Form[] = precisions.map(({ N, feature }) => ({
  N,
  feature,
  label: `(SIMD scalar, ${N})`,
  head: '01' as '0 Q!1',
  group: fixed('11110'),
  immediateGroup: fixed('11111'),
  valid: () => true,
  count: () => 1,
  reg: (_Q, r) => scalar(sizeOf(N), r),
}));

export const allForms: readonly Form[] = [...vectorForms, ...scalarForms];

/** Bits 23 to 21 of "three same", `a` being bit 23. Half precision has encodings of its own. */
export const threeSameSize = (N: FpSize, a: 0 | 1): '0' => fixed(N === 16 ? `${a}10` : `${a}${N === 64 ? 1 : 0}1`);
/** Its bits 15 to 11, from the opcode of the other precisions. */
export const threeSameOpcode = (N: FpSize, opcode: string): '0' => fixed(N === 16 ? `00${opcode.slice(2)}` : opcode);
/** Bits 23 to 17 of "two-register miscellaneous". */
export const twoMiscSize = (N: FpSize, a: 0 | 1): '0' => fixed(N === 16 ? `${a}111100` : `${a}${N === 64 ? 1 : 0}10000`);
