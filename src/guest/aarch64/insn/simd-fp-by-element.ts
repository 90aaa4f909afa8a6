/** Advanced SIMD vector × indexed element, floating point: vector and scalar (DDI 0487, C7: FMUL (by element) …). */
import type { Builder, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import type { FpSize } from '../fp/format.ts';
import * as fp from '../fp/vector.ts';
import { element } from '../names.ts';
import { V, setV } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { allForms, type Form } from './simd-fp-form.ts';

type Compute = (b: Builder, N: FpSize, count: number, x: V128, y: V128, Rd: Operand) => V128;

const rows: readonly (readonly [mnemonic: string, U: 0 | 1, opcode: string, compute: Compute])[] = [
  ['fmla', 0, '0001', (b, N, count, x, y, Rd) => fp.FPMulAdd(b, N, count, V(b, Rd), x, y, false)],
  ['fmls', 0, '0101', (b, N, count, x, y, Rd) => fp.FPMulAdd(b, N, count, V(b, Rd), x, y, true)],
  ['fmul', 0, '1001', fp.FPMul],
  ['fmulx', 1, '1001', fp.FPMulX],
];

interface Place {
  readonly L: number;
  readonly M: number;
  readonly Rm: number;
  readonly H: number;
}

const sizes = { 16: { bits: '00', size: 1 }, 32: { bits: '10', size: 2 }, 64: { bits: '11', size: 3 } } as const;
/** The index is H:L:M, H:L or H; what M doesn't give to it, it gives to the register. */
const indexOf = (N: FpSize, f: Place): number => (N === 16 ? (f.H << 2) | (f.L << 1) | f.M : N === 32 ? (f.H << 1) | f.L : f.H);
const registerOf = (N: FpSize, f: Place): number => (N === 16 ? f.Rm : (f.M << 4) | f.Rm);

/** The register, and the numbers of the element's bytes for a swizzle. */
function place(N: FpSize, f: Place): { m: number; bytes: bigint } {
  let bytes = 0n;
  for (let i = 0; i < N / 8; i++) bytes |= BigInt(indexOf(N, f) * (N / 8) + i) << BigInt(8 * i);
  return { m: registerOf(N, f), bytes };
}

function entry(form: Form, [mnemonic, U, opcode, compute]: (typeof rows)[number]): Insn {
  const { N, head, immediateGroup } = form;
  const { bits, size } = sizes[N];
  const pattern = `${head} ${fixed(U)} ${immediateGroup} ${fixed(bits)} L:1 M:1 Rm:4 ${fixed(opcode)} H:1 0 Rn:5 Rd:5` as const;
  return fpInsn(`${mnemonic.toUpperCase()} by element ${form.label}`, pattern, {
    ...form.feature,
    valid: f => form.valid(f) && (N !== 64 || f.L === 0),
    derive: f => place(N, f),
    asm: f => `${mnemonic}\t${form.reg(f.Q, f.Rd)}, ${form.reg(f.Q, f.Rn)}, ${element(size, registerOf(N, f), indexOf(N, f))}`,
    exec(b, f) {
      const y = b.vswizzle(V(b, f.m), b.vsplat(N, f.bytes));
      setV(b, f.Rd, compute(b, N, form.count(f.Q), V(b, f.Rn), y, f.Rd));
    },
  });
}

export const simdFpByElement: readonly Insn[] = allForms.flatMap(form => rows.map(row => entry(form, row)));
