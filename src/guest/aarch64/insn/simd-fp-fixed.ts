/** Advanced SIMD conversions from and to fixed point: vector and scalar (DDI 0487, C7: SCVTF (vector, fixed-point), FCVTZS (vector, fixed-point) …). */
import type { Insn } from '../../../isa/insn.ts';
import { FPPowerOfTwo } from '../fp/format.ts';
import { FPRounding } from '../fp/status.ts';
import { FPToFixed, FixedToFP } from '../fp/vector-convert.ts';
import { V, setV } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { allForms, type Form } from './simd-fp-form.ts';

const rows = [
  ['scvtf', 0, '11100', false, false],
  ['ucvtf', 1, '11100', false, true],
  ['fcvtzs', 0, '11111', true, false],
  ['fcvtzu', 1, '11111', true, true],
] as const;
type Row = (typeof rows)[number];

/** The highest set bit of immh tells the size; what stands below it is the size minus the fraction bits. */
const sizeMark = { 16: '001', 32: '01', 64: '1' } as const;
const places = { 16: 'imm:4', 32: 'imm:5', 64: 'imm:6' } as const;

function entry(form: Form, [mnemonic, U, opcode, toFixed, unsigned]: Row): Insn {
  const { N, head, immediateGroup } = form;
  const amount = `${fixed(sizeMark[N])} ${places[N] as 'imm:5'}` as const;
  const pattern = `${head} ${fixed(U)} ${immediateGroup} 0 ${amount} ${fixed(opcode)} 1 Rn:5 Rd:5` as const;
  const fbits = (f: { readonly imm: number }): number => N - f.imm;
  const power = (n: number): bigint => (N === 16 ? 0n : FPPowerOfTwo(N, 0, n));
  return fpInsn(`${mnemonic.toUpperCase()} fixed-point ${form.label}`, pattern, {
    ...form.feature,
    valid: form.valid,
    derive: f => ({ fbits: fbits(f), factor: power(toFixed ? fbits(f) : -fbits(f)) }),
    asm: f => `${mnemonic}\t${form.reg(f.Q, f.Rd)}, ${form.reg(f.Q, f.Rn)}, #${fbits(f)}`,
    exec(b, f) {
      const scaling = { fbits: b.operand(f.fbits), factor: N === 64 ? f.factor : b.wrap(f.factor) };
      const count = form.count(f.Q);
      const x = V(b, f.Rn);
      const result = toFixed ? FPToFixed(b, N, count, x, FPRounding.ZERO, unsigned, scaling) : FixedToFP(b, N, count, x, unsigned, scaling);
      setV(b, f.Rd, result);
    },
  });
}

export const simdFpFixed: readonly Insn[] = allForms.flatMap(form => rows.map(row => entry(form, row)));
