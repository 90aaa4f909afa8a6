/** FMOV (vector, immediate) (DDI 0487, C7). */
import type { Insn } from '../../../isa/insn.ts';
import { VFPExpandImm, valueOf } from '../fp/immediate.ts';
import { vector } from '../names.ts';
import { setVQ } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';

/** Precision, size, bits 29 and 11. */
const forms = [
  [32, 2, 0, 0, {}],
  [64, 3, 1, 0, {}],
  [16, 1, 0, 1, { feature: 'FP16' }],
] as const;

export const simdFpImmediate: readonly Insn[] = forms.map(([N, size, op, o2, feature]) =>
  fpInsn(`FMOV (vector, immediate, ${N})`, `0 Q!1 ${fixed(op)} 0111100000 abc:3 1111 ${fixed(o2)} 1 defgh:5 Rd:5`, {
    ...feature,
    valid: f => N !== 64 || f.Q === 1,
    derive: f => ({ imm: VFPExpandImm((f.abc << 5) | f.defgh, N) }),
    asm: f => `fmov\t${vector(f.Q, size, f.Rd)}, #${valueOf((f.abc << 5) | f.defgh)}`,
    exec: (b, f) => setVQ(b, f.Rd, f.Q, b.vsplat(N, f.imm)),
  }),
);
