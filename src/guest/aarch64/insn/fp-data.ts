/** Scalar floating point: data processing with one, two and three sources, FCSEL, FMOV immediate (DDI 0487, C4.1: C7 FADD …). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import type { FpSize } from '../fp/format.ts';
import { VFPExpandImm, valueOf } from '../fp/immediate.ts';
import * as fp from '../fp/scalar.ts';
import { condName } from '../names.ts';
import { ConditionHolds, V, lowBytes, setV } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { precisions } from './fp-size.ts';

const low = (b: Builder, N: FpSize, x: V128): V128 => lowBytes(b, x, (N / 8) as 2 | 4 | 8);
const signBit = (N: FpSize): bigint => 1n << BigInt(N - 1);
const negated = (b: Builder, N: FpSize, x: V128): V128 => b.vxor(x, b.v128(signBit(N)));

type One = (b: Builder, N: FpSize, x: V128) => V128;
type Two = (b: Builder, N: FpSize, x: V128, y: V128) => V128;

const oneSource: readonly (readonly [mnemonic: string, opcode: string, compute: One])[] = [
  ['fmov', '000000', low],
  ['fabs', '000001', (b, N, x) => b.vand(x, b.v128(signBit(N) - 1n))],
  ['fneg', '000010', (b, N, x) => low(b, N, negated(b, N, x))],
  ['fsqrt', '000011', fp.FPSqrt],
];

const twoSources: readonly (readonly [mnemonic: string, opcode: string, compute: Two])[] = [
  ['fmul', '0000', fp.FPMul],
  ['fdiv', '0001', fp.FPDiv],
  ['fadd', '0010', fp.FPAdd],
  ['fsub', '0011', fp.FPSub],
  ['fmax', '0100', fp.FPMax],
  ['fmin', '0101', fp.FPMin],
  ['fmaxnm', '0110', fp.FPMaxNum],
  ['fminnm', '0111', fp.FPMinNum],
  ['fnmul', '1000', fp.FPNegMul],
];

/** Which of addend and first factor are negated, NaNs included. */
const threeSources: readonly (readonly [mnemonic: string, o1: 0 | 1, o0: 0 | 1, negateAddend: boolean, negateFactor: boolean])[] = [
  ['fmadd', 0, 0, false, false],
  ['fmsub', 0, 1, false, true],
  ['fnmadd', 1, 0, true, true],
  ['fnmsub', 1, 1, true, false],
];

export const fpData: readonly Insn[] = precisions.flatMap(({ N, ftype, feature, reg }) => [
  ...oneSource.map(([mnemonic, opcode, compute]) =>
    fpInsn(`${mnemonic.toUpperCase()} (scalar, ${N})`, `0 0 0 11110 ${ftype} 1 ${fixed(opcode)} 10000 Rn:5 Rd:5`, {
      ...feature,
      asm: f => `${mnemonic}\t${reg(f.Rd)}, ${reg(f.Rn)}`,
      exec: (b, f) => setV(b, f.Rd, compute(b, N, V(b, f.Rn))),
    }),
  ),
  ...twoSources.map(([mnemonic, opcode, compute]) =>
    fpInsn(`${mnemonic.toUpperCase()} (scalar, ${N})`, `0 0 0 11110 ${ftype} 1 Rm:5 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
      ...feature,
      asm: f => `${mnemonic}\t${reg(f.Rd)}, ${reg(f.Rn)}, ${reg(f.Rm)}`,
      exec: (b, f) => setV(b, f.Rd, compute(b, N, V(b, f.Rn), V(b, f.Rm))),
    }),
  ),
  ...threeSources.map(([mnemonic, o1, o0, negateAddend, negateFactor]) =>
    fpInsn(`${mnemonic.toUpperCase()} (${N})`, `0 0 0 11111 ${ftype} ${fixed(o1)} Rm:5 ${fixed(o0)} Ra:5 Rn:5 Rd:5`, {
      ...feature,
      asm: f => `${mnemonic}\t${reg(f.Rd)}, ${reg(f.Rn)}, ${reg(f.Rm)}, ${reg(f.Ra)}`,
      exec(b, f) {
        const addend = V(b, f.Ra);
        const factor = V(b, f.Rn);
        const result = fp.FPMulAdd(
          b,
          N,
          negateAddend ? negated(b, N, addend) : addend,
          negateFactor ? negated(b, N, factor) : factor,
          V(b, f.Rm),
        );
        setV(b, f.Rd, result);
      },
    }),
  ),
  fpInsn(`FCSEL (${N})`, `0 0 0 11110 ${ftype} 1 Rm:5 cond!4 11 Rn:5 Rd:5`, {
    ...feature,
    asm: f => `fcsel\t${reg(f.Rd)}, ${reg(f.Rn)}, ${reg(f.Rm)}, ${condName(f.cond)}`,
    exec: (b, f) => setV(b, f.Rd, low(b, N, b.select(ConditionHolds(b, f.cond), V(b, f.Rn), V(b, f.Rm)))),
  }),
  fpInsn(`FMOV (scalar, immediate, ${N})`, `0 0 0 11110 ${ftype} 1 imm8:8 100 00000 Rd:5`, {
    ...feature,
    derive: f => ({ imm: VFPExpandImm(f.imm8, N) }),
    asm: f => `fmov\t${reg(f.Rd)}, #${valueOf(f.imm8)}`,
    exec: (b, f) => setV(b, f.Rd, b.vset(64, b.v128(0n), 0, f.imm)),
  }),
]);
