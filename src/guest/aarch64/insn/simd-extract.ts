/** Advanced SIMD extract: EXT (DDI 0487, C7). */
import type { Insn } from '../../../isa/insn.ts';
import { setVQ, V } from '../pseudocode.ts';
import { shuffleLanes } from '../simd/lanes.ts';
import { fpInsn } from './fp-access.ts';
import { vectors } from './simd-form.ts';

const EXT = fpInsn('EXT', '0 Q!1 1 01110 00 0 Rm:5 0 imm4!4 0 Rn:5 Rd:5', {
  valid: f => f.Q === 1 || f.imm4 < 8,
  asm: f => `ext\t${vectors(f.Q, 0, f.Rd, f.Rn, f.Rm)}, #${f.imm4}`,
  exec(b, f) {
    const bytes = f.Q ? 16 : 8;
    const places = Array.from({ length: bytes }, (_, i) => i + f.imm4).map(at => (at < bytes ? at : at - bytes + 16));
    setVQ(b, f.Rd, f.Q, shuffleLanes(b, 8, V(b, f.Rn), V(b, f.Rm), places));
  },
});

export const simdExtract: readonly Insn[] = [EXT];
