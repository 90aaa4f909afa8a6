/** FEAT_FCMA: sums and products of complex numbers, real parts in even elements (DDI 0487, C7: FCADD, FCMLA). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { factors, turned } from '../fp/complex.ts';
import type { FpSize } from '../fp/format.ts';
import * as fp from '../fp/vector.ts';
import { element } from '../names.ts';
import { V, setV } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { vectorForms, type Form } from './simd-fp-form.ts';

const featureOf = (N: FpSize): string[] => (N === 16 ? ['FCMA', 'FP16'] : ['FCMA']);
const sizes = { 16: '01', 32: '10', 64: '11' } as const;

/** Vd + Vn * Vm, of which the part that a rotation by `rot` right angles has. */
function multiplyAdd(b: Builder, N: FpSize, count: number, rot: number, d: V128, n: V128, m: V128): V128 {
  const [x, y] = factors(b, N, rot, n, m);
  return fp.FPMulAdd(b, N, count, d, x, y, false);
}

function vectors(form: Form): Insn[] {
  const { N, label } = form;
  const size = fixed(sizes[N]);
  const registers = (f: { readonly Q: number; readonly Rd: number; readonly Rn: number; readonly Rm: number }): string =>
    [f.Rd, f.Rn, f.Rm].map(r => form.reg(f.Q, r)).join(', ');
  return [
    fpInsn(`FCADD ${label}`, `0 Q!1 1 01110 ${size} 0 Rm:5 1 11 rot!1 0 1 Rn:5 Rd:5`, {
      feature: featureOf(N),
      valid: form.valid,
      asm: f => `fcadd\t${registers(f)}, #${f.rot ? 270 : 90}`,
      exec: (b, f) => setV(b, f.Rd, fp.FPAdd(b, N, form.count(f.Q), V(b, f.Rn), turned(b, N, f.rot, V(b, f.Rm)))),
    }),
    fpInsn(`FCMLA ${label}`, `0 Q!1 1 01110 ${size} 0 Rm:5 1 10 rot!2 1 Rn:5 Rd:5`, {
      feature: featureOf(N),
      valid: form.valid,
      asm: f => `fcmla\t${registers(f)}, #${90 * f.rot}`,
      exec: (b, f) => setV(b, f.Rd, multiplyAdd(b, N, form.count(f.Q), f.rot, V(b, f.Rd), V(b, f.Rn), V(b, f.Rm))),
    }),
  ];
}

interface Place {
  readonly L: number;
  readonly M: number;
  readonly Rm: number;
  readonly H: number;
}

/** A pair of elements of half (H:L) or single precision (H). */
const indexOf = (N: FpSize, f: Place): number => (N === 16 ? (f.H << 1) | f.L : f.H);
const registerOf = (f: Place): number => (f.M << 4) | f.Rm;

function byElement(form: Form): Insn {
  const { N, label } = form;
  return fpInsn(`FCMLA by element ${label}`, `0 Q!1 1 01111 ${fixed(sizes[N])} L:1 M:1 Rm:4 0 rot!2 1 H:1 0 Rn:5 Rd:5`, {
    feature: featureOf(N),
    valid: f => (N === 16 ? f.Q === 1 || f.H === 0 : f.Q === 1 && f.L === 0),
    derive(f) {
      const bytes = Array.from({ length: N / 4 }, (_, i) => BigInt(indexOf(N, f) * (N / 4) + i) << BigInt(8 * i));
      return { m: registerOf(f), bytes: bytes.reduce((x, y) => x | y) };
    },
    asm: f => `fcmla\t${form.reg(f.Q, f.Rd)}, ${form.reg(f.Q, f.Rn)}, ${element(N === 16 ? 1 : 2, registerOf(f), indexOf(N, f))}, #${90 * f.rot}`,
    exec(b, f) {
      const m = b.vswizzle(V(b, f.m), b.vsplat(N === 16 ? 32 : 64, f.bytes));
      setV(b, f.Rd, multiplyAdd(b, N, form.count(f.Q), f.rot, V(b, f.Rd), V(b, f.Rn), m));
    },
  });
}

export const simdFpComplex: readonly Insn[] = vectorForms.flatMap(form => (form.N === 64 ? vectors(form) : [...vectors(form), byElement(form)]));
