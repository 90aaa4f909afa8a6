/** Advanced SIMD three same: the logical instructions, which have an opcode in the place of a size (DDI 0487, C7). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setVQ, V } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { vectors } from './simd-form.ts';

function logical(mnemonic: string, U: 0 | 1, opc2: string, operation: (b: Builder, x: V128, y: V128, d: () => V128) => V128): Insn {
  return fpInsn(`${mnemonic.toUpperCase()} (vector)`, `0 Q!1 ${fixed(U)} 01110 ${fixed(opc2)} 1 Rm:5 00011 1 Rn:5 Rd:5`, {
    asm(f) {
      const sources = mnemonic === 'orr' && f.Rn === f.Rm ? [f.Rn] : [f.Rn, f.Rm];
      return `${sources.length === 1 ? 'mov' : mnemonic}\t${vectors(f.Q, 0, f.Rd, ...sources)}`;
    },
    exec: (b, f) => setVQ(b, f.Rd, f.Q, operation(b, V(b, f.Rn), V(b, f.Rm), () => V(b, f.Rd))),
  });
}

export const simdLogical: readonly Insn[] = [
  logical('and', 0, '00', (b, x, y) => b.vand(x, y)),
  logical('bic', 0, '01', (b, x, y) => b.vandNot(x, y)),
  logical('orr', 0, '10', (b, x, y) => b.vor(x, y)),
  logical('orn', 0, '11', (b, x, y) => b.vor(x, b.vnot(y))),
  logical('eor', 1, '00', (b, x, y) => b.vxor(x, y)),
  logical('bsl', 1, '01', (b, x, y, d) => b.vselect(d(), x, y)),
  logical('bit', 1, '10', (b, x, y, d) => b.vselect(y, x, d())),
  logical('bif', 1, '11', (b, x, y, d) => b.vselect(y, d(), x)),
];
