/** VFMAL and VFMSL: products of halves added to singles, by the standard FPSCR value (FEAT_FHM; ARM DDI 0487, F4.1 and F6). */
import type { Builder, Operand, V128 } from '../../../../isa/builder.ts';
import { widenOperand } from '../../fp/half.ts';
import { underStandardFPSCR } from '../../fp/standard.ts';
import { FPMulAdd } from '../../fp/vector.ts';
import { fixed } from '../../insn/fixed.ts';
import { always, type Both } from '../both.ts';
import { D, dOf, element, S, setVector, sOf, vector, vectorName } from '../vfp.ts';
import { even } from './simd-form.ts';

const feature = 'FHM';

/** The sources of a Q register are D registers, those of a D register S registers. */
const source = (Q: number, X: number, Vx: number): number => (Q ? dOf(X, Vx) : sOf(X, Vx));
const name = (Q: number, r: number): string => `${Q ? 'd' : 's'}${r}`;
/** Its halves, each in a word of its own. */
const halves = (b: Builder, Q: number, r: Operand): V128 => b.vextendU(16, 'low', Q ? D(b, r) : S(b, r));

function accumulate(b: Builder, Q: number, d: Operand, n: V128, m: V128, subtract: boolean): void {
  const addend = vector(b, Q, d);
  setVector(b, Q, d, underStandardFPSCR(b, () => FPMulAdd(b, 32, Q ? 4 : 2, addend, widenOperand(b, n), widenOperand(b, m), subtract)));
}

interface Place { readonly Q: number; readonly M: number; readonly Vm: number }
/** One half of S0..S15 (Q 0) or D0..D7. */
const register = (f: Place): number => (f.Q ? f.Vm & 7 : sOf(f.M, f.Vm & 7));
const index = (f: Place): number => (f.Q ? (f.M << 1) | (f.Vm >> 3) : f.Vm >> 3);

export const simdFpLong: readonly Both[] = (['vfmal', 'vfmsl'] as const).flatMap((mnemonic, subtract) => [
  always(`${mnemonic.toUpperCase()} (vector)`, `110 0 ${fixed(subtract)} D:1 10 Vn:4 Vd:4 1000 N:1 Q!1 M:1 1 Vm:4`, {
    feature,
    valid: f => even(f.Q, f.Vd),
    derive: f => ({ d: dOf(f.D, f.Vd), n: source(f.Q, f.N, f.Vn), m: source(f.Q, f.M, f.Vm) }),
    asm: f => `${mnemonic}.f16\t${vectorName(f.Q, dOf(f.D, f.Vd))}, ${name(f.Q, source(f.Q, f.N, f.Vn))}, ${name(f.Q, source(f.Q, f.M, f.Vm))}`,
    exec: (b, f) => accumulate(b, f.Q, f.d, halves(b, f.Q, f.n), halves(b, f.Q, f.m), subtract === 1),
  }),
  always(`${mnemonic.toUpperCase()} (by element)`, `1110 0 D:1 0 ${fixed(subtract)} Vn:4 Vd:4 1000 N:1 Q!1 M:1 1 Vm:4`, {
    feature,
    valid: f => even(f.Q, f.Vd),
    derive: f => ({ d: dOf(f.D, f.Vd), n: source(f.Q, f.N, f.Vn), m: register(f) * (f.Q ? 4 : 2) + index(f) }),
    asm: f => `${mnemonic}.f16\t${vectorName(f.Q, dOf(f.D, f.Vd))}, ${name(f.Q, source(f.Q, f.N, f.Vn))}, ${name(f.Q, register(f))}[${index(f)}]`,
    exec: (b, f) => accumulate(b, f.Q, f.d, halves(b, f.Q, f.n), b.vsplat(32, element(b, 16, b.operand(f.m))), subtract === 1),
  }),
]);
