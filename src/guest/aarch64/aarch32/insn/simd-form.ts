/** The registers of Advanced SIMD data processing, and their spelling (ARM DDI 0487, F4.1 "Advanced SIMD data-processing"). */
import { dOf, vectorNames } from '../vfp.ts';

export { hasSize } from '../../insn/simd-form.ts';

export interface TwoVectors { readonly D: number; readonly Vd: number; readonly M: number; readonly Vm: number }
export interface ThreeVectors extends TwoVectors { readonly N: number; readonly Vn: number }

export const twoVectors = (f: TwoVectors): { d: number; m: number } => ({ d: dOf(f.D, f.Vd), m: dOf(f.M, f.Vm) });
export const threeVectors = (f: ThreeVectors): { d: number; n: number; m: number } =>
  ({ d: dOf(f.D, f.Vd), n: dOf(f.N, f.Vn), m: dOf(f.M, f.Vm) });

/** Q registers have even numbers: anything else is UNDEFINED. */
export const even = (Q: number, ...registers: readonly number[]): boolean => !Q || registers.every(r => (r & 1) === 0);
export const twoAreEven = (f: TwoVectors & { readonly Q: number }): boolean => even(f.Q, f.Vd, f.Vm);
export const threeAreEven = (f: ThreeVectors & { readonly Q: number }): boolean => even(f.Q, f.Vd, f.Vn, f.Vm);

export const twoVectorNames = (f: TwoVectors & { readonly Q: number }): string => vectorNames(f.Q, dOf(f.D, f.Vd), dOf(f.M, f.Vm));
export const threeVectorNames = (f: ThreeVectors & { readonly Q: number }): string => {
  const { d, n, m } = threeVectors(f);
  return vectorNames(f.Q, d, n, m);
};

export const bitsOf = (size: number): number => 8 << size;
/** s8, u16 … */
export const signed = (U: number, size: number): string => `${U ? 'u' : 's'}${bitsOf(size)}`;
