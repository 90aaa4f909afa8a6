/** The precisions of VFP's data processing: bits 9 and 8, registers, spelling (ARM DDI 0487, F4.1: "Floating-point data-processing"). */
import type { Builder, Operand, V128 } from '../../../../isa/builder.ts';
import type { FpSize } from '../../fp/format.ts';
import { D, dOf, S, setD, setS, sOf } from '../vfp.ts';

export interface Precision<N extends FpSize = FpSize> {
  readonly N: N;
  readonly size: '01' | '10' | '11';
  readonly feature: { readonly feature?: string };
  readonly type: string;
  /** The register of a field and its further bit. */
  register(X: number, Vx: number): number;
  name(register: number): string;
  read(b: Builder, register: Operand): V128;
  /** A half stands in a single's register, the upper bits zero. */
  write(b: Builder, register: Operand, value: V128): void;
}

const inSingle = { register: sOf, name: (r: number): string => `s${r}`, read: S, write: setS };
export const half: Precision<16> = { N: 16, size: '01', feature: { feature: 'FP16' }, type: 'f16', ...inSingle };
export const single: Precision<32> = { N: 32, size: '10', feature: {}, type: 'f32', ...inSingle };
export const double: Precision<64> = { N: 64, size: '11', feature: {}, type: 'f64', register: dOf, name: r => `d${r}`, read: D, write: setD };
export const precisions: readonly Precision[] = [half, single, double];

interface Two { readonly D: number; readonly Vd: number; readonly M: number; readonly Vm: number }
interface Three extends Two { readonly N: number; readonly Vn: number }

export const twoRegisters = (p: Precision, q: Precision = p) => (f: Two): { d: number; m: number } =>
  ({ d: p.register(f.D, f.Vd), m: q.register(f.M, f.Vm) });
export const threeRegisters = (p: Precision) => (f: Three): { d: number; n: number; m: number } =>
  ({ ...twoRegisters(p)(f), n: p.register(f.N, f.Vn) });
export const twoNames = (p: Precision, q: Precision = p) => (f: Two): string => {
  const { d, m } = twoRegisters(p, q)(f);
  return `${p.name(d)}, ${q.name(m)}`;
};
export const threeNames = (p: Precision) => (f: Three): string => {
  const { d, n, m } = threeRegisters(p)(f);
  return `${p.name(d)}, ${p.name(n)}, ${p.name(m)}`;
};
