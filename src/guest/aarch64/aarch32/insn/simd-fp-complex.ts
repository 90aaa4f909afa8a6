/** VCADD and VCMLA: complex numbers, by the standard FPSCR value (FEAT_FCMA; ARM DDI 0487, F4.1 and F6). */
import { factors, turned } from '../../fp/complex.ts';
import { underStandardFPSCR } from '../../fp/standard.ts';
import * as fp from '../../fp/vector.ts';
import { always, type Both } from '../both.ts';
import { dOf, Qreg, setVector, vector, vectorNames } from '../vfp.ts';
import { even, threeAreEven, threeVectorNames, threeVectors } from './simd-form.ts';

interface Place { readonly M: number; readonly Vm: number }

export const simdFpComplex: readonly Both[] = ([[16, '0', ['FCMA', 'FP16']], [32, '1', ['FCMA']]] as const).flatMap(([N, S, feature]) => {
  const count = (Q: number): number => (Q ? 128 : 64) / N;
  /** A pair of halves of D0..D15, or a D register as a pair of singles. */
  const register = (f: Place): number => (N === 16 ? f.Vm : dOf(f.M, f.Vm));
  const index = (f: Place): number => (N === 16 ? f.M : 0);
  return [
    always(`VCADD (${N})`, `110 rot!1 1 D:1 0 ${S} Vn:4 Vd:4 1000 N:1 Q!1 M:1 0 Vm:4`, {
      feature,
      valid: threeAreEven,
      derive: threeVectors,
      asm: f => `vcadd.f${N}\t${threeVectorNames(f)}, #${f.rot ? 270 : 90}`,
      exec(b, f) {
        const [n, m] = [vector(b, f.Q, f.n), vector(b, f.Q, f.m)];
        setVector(b, f.Q, f.d, underStandardFPSCR(b, () => fp.FPAdd(b, N, count(f.Q), n, turned(b, N, f.rot, m))));
      },
    }),
    always(`VCMLA (${N})`, `110 rot!2 D:1 1 ${S} Vn:4 Vd:4 1000 N:1 Q!1 M:1 0 Vm:4`, {
      feature,
      valid: threeAreEven,
      derive: threeVectors,
      asm: f => `vcmla.f${N}\t${threeVectorNames(f)}, #${90 * f.rot}`,
      exec(b, f) {
        const [d, n, m] = [vector(b, f.Q, f.d), vector(b, f.Q, f.n), vector(b, f.Q, f.m)];
        setVector(b, f.Q, f.d, underStandardFPSCR(b, () => fp.FPMulAdd(b, N, count(f.Q), d, ...factors(b, N, f.rot, n, m), false)));
      },
    }),
    always(`VCMLA (by element, ${N})`, `1110 ${S} D:1 rot!2 Vn:4 Vd:4 1000 N:1 Q!1 M:1 0 Vm:4`, {
      feature,
      valid: f => even(f.Q, f.Vd, f.Vn),
      derive(f) {
        const at = (register(f) & 1) * 8 + index(f) * 4;
        const bytes = Array.from({ length: N / 4 }, (_, i) => BigInt(at + i) << BigInt(8 * i)).reduce((x, y) => x | y);
        return { d: dOf(f.D, f.Vd), n: dOf(f.N, f.Vn), q: register(f) >> 1, bytes };
      },
      asm: f => `vcmla.f${N}\t${vectorNames(f.Q, dOf(f.D, f.Vd), dOf(f.N, f.Vn))}, d${register(f)}[${index(f)}], #${90 * f.rot}`,
      exec(b, f) {
        const [d, n] = [vector(b, f.Q, f.d), vector(b, f.Q, f.n)];
        const m = b.vswizzle(Qreg(b, f.q), b.vsplat(N === 16 ? 32 : 64, f.bytes));
        setVector(b, f.Q, f.d, underStandardFPSCR(b, () => fp.FPMulAdd(b, N, count(f.Q), d, ...factors(b, N, f.rot, n, m), false)));
      },
    }),
  ];
});
