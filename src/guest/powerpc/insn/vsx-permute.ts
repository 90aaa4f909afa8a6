/** VSX merges, shifts, splats and selections: Power ISA 2.07B Book I, 7.6.1.7 and 7.6.1.8; vsx.ts has the others. */
import { insn, type Insn } from '../../../isa/insn.ts';
import { vs } from '../names.ts';
import { fixed } from '../pseudocode.ts';
import type { Binary } from '../vmx/form.ts';
import { chooseLanes, merged } from '../vmx/permute.ts';
import { setVSR, VSR } from '../vsx/registers.ts';

/** XX3 form, 8 bits of extended opcode. */
const xx3 = (name: string, XO: number, operation: Binary, feature = '2.06'): Insn =>
  insn(name, `111100 T:5 A:5 B:5 ${fixed(XO, 8)} AX!1 BX!1 TX!1`, {
    feature,
    asm: f => `${name}\t${vs(f.T + 32 * f.TX)},${vs(f.A + 32 * f.AX)},${vs(f.B + 32 * f.BX)}`,
    exec: (b, f) => setVSR(b, f.TX, f.T, operation(b, VSR(b, f.AX, f.A), VSR(b, f.BX, f.B))),
  });

const xxsldwi = insn('xxsldwi', '111100 T:5 A:5 B:5 0 SHW!2 00010 AX!1 BX!1 TX!1', {
  feature: '2.06',
  asm: f => `xxsldwi\t${vs(f.T + 32 * f.TX)},${vs(f.A + 32 * f.AX)},${vs(f.B + 32 * f.BX)},${f.SHW}`,
  exec: (b, f) => setVSR(b, f.TX, f.T, chooseLanes(b, 32, VSR(b, f.AX, f.A), VSR(b, f.BX, f.B), [0, 1, 2, 3].map(i => i + f.SHW))),
});

const xxspltib = insn('xxspltib', '111100 T:5 00 IMM:8 0101101000 TX!1', {
  feature: '3.0',
  asm: f => `xxspltib\t${vs(f.T + 32 * f.TX)},${f.IMM}`,
  exec: (b, f) => setVSR(b, f.TX, f.T, b.vsplat(8, b.extU(b.operand(f.IMM)))),
});

const xxsel = insn('xxsel', '111100 T:5 A:5 B:5 C:5 11 CX!1 AX!1 BX!1 TX!1', {
  feature: '2.06',
  asm: f => `xxsel\t${[f.T + 32 * f.TX, f.A + 32 * f.AX, f.B + 32 * f.BX, f.C + 32 * f.CX].map(vs).join(',')}`,
  exec: (b, f) => setVSR(b, f.TX, f.T, b.vselect(VSR(b, f.CX, f.C), VSR(b, f.BX, f.B), VSR(b, f.AX, f.A))),
});

export const vsxPermute: readonly Insn[] = [
  xx3('xxmrghw', 18, (b, x, y) => merged(b, 32, 'high', x, y)),
  xx3('xxmrglw', 50, (b, x, y) => merged(b, 32, 'low', x, y)),
  xxsldwi,
  xxspltib,
  xxsel,
];
