/** VFP data processing: arithmetic, moves and comparisons (ARM DDI 0487, F4.1 "Floating-point data-processing", F6). */
import type { Builder, I32, V128 } from '../../../../isa/builder.ts';
import { ones, type FpSize } from '../../fp/format.ts';
import { VFPExpandImm } from '../../fp/immediate.ts';
import * as fp from '../../fp/scalar.ts';
import { negated } from '../../fp/vector.ts';
import { fixed } from '../../insn/fixed.ts';
import { always, type Both, vfp } from '../both.ts';
import { nzcv } from '../pseudocode.ts';
import { S, setFPSCR_NZCV, setS, sOf } from '../vfp.ts';
import { precisions, threeNames, threeRegisters, twoNames, twoRegisters, type Precision } from './vfp-size.ts';

type Binary = (b: Builder, N: FpSize, n: V128, m: V128, d: () => V128) => V128;

/** A product and a sum, each rounded. */
const chained = (negateProduct: boolean, negateAddend: boolean): Binary => (b, N, n, m, d) => {
  const product = (negateProduct ? fp.FPNegMul : fp.FPMul)(b, N, n, m);
  return fp.FPAdd(b, N, negateAddend ? negated(b, N, d()) : d(), product);
};
const fused = (negateFactor: boolean, negateAddend: boolean): Binary => (b, N, n, m, d) =>
  fp.FPMulAdd(b, N, negateAddend ? negated(b, N, d()) : d(), negateFactor ? negated(b, N, n) : n, m);

/** Mnemonic, bits 23, 21..20 and 6. */
const binary: readonly (readonly [mnemonic: string, o0: 0 | 1, o1: string, o2: 0 | 1, operation: Binary])[] = [
  ['vmla', 0, '00', 0, chained(false, false)],
  ['vmls', 0, '00', 1, chained(true, false)],
  ['vnmls', 0, '01', 0, chained(false, true)],
  ['vnmla', 0, '01', 1, chained(true, true)],
  ['vmul', 0, '10', 0, fp.FPMul],
  ['vnmul', 0, '10', 1, fp.FPNegMul],
  ['vadd', 0, '11', 0, fp.FPAdd],
  ['vsub', 0, '11', 1, fp.FPSub],
  ['vdiv', 1, '00', 0, fp.FPDiv],
  ['vfnms', 1, '01', 0, fused(false, true)],
  ['vfnma', 1, '01', 1, fused(true, true)],
  ['vfma', 1, '10', 0, fused(false, false)],
  ['vfms', 1, '10', 1, fused(true, false)],
];

type Unary = (b: Builder, N: FpSize, m: V128) => V128;
const FPAbs: Unary = (b, N, m) => b.vand(m, b.v128(ones(N - 1)));
const low: Unary = (b, N, m) => (N === 16 ? b.vand(m, b.v128(ones(16))) : m);
const FPNeg: Unary = (b, N, m) => low(b, N, b.vxor(m, b.v128(1n << BigInt(N - 1))));

/** Mnemonic, bits 19..16 and 7. */
const unary: readonly (readonly [mnemonic: string, opc2: string, opc3: 0 | 1, operation: Unary])[] = [
  ['vabs', '0000', 1, FPAbs],
  ['vneg', '0001', 0, FPNeg],
  ['vsqrt', '0001', 1, fp.FPSqrt],
];

function arithmetic(p: Precision): Both[] {
  const { N, size, type, feature } = p;
  return [
    ...binary.map(([mnemonic, o0, o1, o2, operation]) =>
      vfp(`${mnemonic.toUpperCase()} (${N})`, `1110 ${fixed(o0)} D:1 ${fixed(o1)} Vn:4 Vd:4 10 ${size} N:1 ${fixed(o2)} M:1 0 Vm:4`, {
        ...feature,
        derive: threeRegisters(p),
        asm: f => `${mnemonic}.${type}\t${threeNames(p)(f)}`,
        exec: (b, f) => p.write(b, f.d, operation(b, N, p.read(b, f.n), p.read(b, f.m), () => p.read(b, f.d))),
      }),
    ),
    ...unary.map(([mnemonic, opc2, opc3, operation]) =>
      vfp(`${mnemonic.toUpperCase()} (${N})`, `1110 1 D:1 11 ${fixed(opc2)} Vd:4 10 ${size} ${fixed(opc3)} 1 M:1 0 Vm:4`, {
        ...feature,
        derive: twoRegisters(p),
        asm: f => `${mnemonic}.${type}\t${twoNames(p)(f)}`,
        exec: (b, f) => p.write(b, f.d, operation(b, N, p.read(b, f.m))),
      }),
    ),
    vfp(`VMOV immediate (${N})`, `1110 1 D:1 11 imm4H:4 Vd:4 10 ${size} 0000 imm4L:4`, {
      ...feature,
      derive: f => ({ d: p.register(f.D, f.Vd), immediate: VFPExpandImm((f.imm4H << 4) | f.imm4L, N) }),
      asm: f => `vmov.${type}\t${p.name(p.register(f.D, f.Vd))}, #${(f.imm4H << 4) | f.imm4L}`,
      exec: (b, f) => p.write(b, f.d, b.vset(64, b.v128(0n), 0, f.immediate)),
    }),
    ...(N === 16 ? [] : [
      vfp(`VMOV register (${N})`, `1110 1 D:1 11 0000 Vd:4 10 ${size} 01 M:1 0 Vm:4`, {
        derive: twoRegisters(p),
        asm: f => `vmov.${type}\t${twoNames(p)(f)}`,
        exec: (b, f) => p.write(b, f.d, p.read(b, f.m)),
      }),
    ]),
    vfp(`VCMP, VCMPE (${N})`, `1110 1 D:1 11 0100 Vd:4 10 ${size} E!1 1 M:1 0 Vm:4`, {
      ...feature,
      derive: twoRegisters(p),
      asm: f => `vcmp${f.E ? 'e' : ''}.${type}\t${twoNames(p)(f)}`,
      exec: (b, f) => compare(b, N, p.read(b, f.d), p.read(b, f.m), f.E === 1),
    }),
    vfp(`VCMP, VCMPE zero (${N})`, `1110 1 D:1 11 0101 Vd:4 10 ${size} E!1 1 0 0 0000`, {
      ...feature,
      derive: f => ({ d: p.register(f.D, f.Vd) }),
      asm: f => `vcmp${f.E ? 'e' : ''}.${type}\t${p.name(p.register(f.D, f.Vd))}, #0.0`,
      exec: (b, f) => compare(b, N, p.read(b, f.d), b.v128(0n), f.E === 1),
    }),
    always(`VSEL (${N})`, `1110 0 D:1 cc!2 Vn:4 Vd:4 10 ${size} N:1 0 M:1 0 Vm:4`, {
      ...feature,
      derive: threeRegisters(p),
      asm: f => `vsel${['eq', 'vs', 'ge', 'gt'][f.cc] as string}.${type}\t${threeNames(p)(f)}`,
      exec: (b, f) => p.write(b, f.d, low(b, N, b.select(holds(b, f.cc), p.read(b, f.n), p.read(b, f.m)))),
    }),
    always(`VMAXNM, VMINNM (${N})`, `1110 1 D:1 00 Vn:4 Vd:4 10 ${size} N:1 op!1 M:1 0 Vm:4`, {
      ...feature,
      derive: threeRegisters(p),
      asm: f => `${f.op ? 'vminnm' : 'vmaxnm'}.${type}\t${threeNames(p)(f)}`,
      exec: (b, f) => p.write(b, f.d, (f.op ? fp.FPMinNum : fp.FPMaxNum)(b, N, p.read(b, f.n), p.read(b, f.m))),
    }),
  ];
}

/** EQ, VS, GE, GT. */
const holds = (b: Builder, cc: number): I32 => b.condition([0, 6, 10, 12][cc] as number, nzcv(b));

function compare(b: Builder, N: FpSize, x: V128, y: V128, signalNaNs: boolean): void {
  setFPSCR_NZCV(b, fp.FPCompare(b, N, x, y, signalNaNs, b.i32(1), b.i32(0)));
}

const VMOVX = always('VMOVX', '1110 1 D:1 11 0000 Vd:4 1010 01 M:1 0 Vm:4', {
  feature: 'FP16',
  derive: f => ({ d: sOf(f.D, f.Vd), m: sOf(f.M, f.Vm) }),
  asm: f => `vmovx.f16\ts${sOf(f.D, f.Vd)}, s${sOf(f.M, f.Vm)}`,
  exec: (b, f) => setS(b, f.d, b.vshrU(32, S(b, f.m), b.i32(16))),
});
const VINS = always('VINS', '1110 1 D:1 11 0000 Vd:4 1010 11 M:1 0 Vm:4', {
  feature: 'FP16',
  derive: f => ({ d: sOf(f.D, f.Vd), m: sOf(f.M, f.Vm) }),
  asm: f => `vins.f16\ts${sOf(f.D, f.Vd)}, s${sOf(f.M, f.Vm)}`,
  exec: (b, f) => setS(b, f.d, b.vset(16, S(b, f.d), 1, b.vget(16, S(b, f.m), 0))),
});

export const vfpData: readonly Both[] = [...precisions.flatMap(arithmetic), VMOVX, VINS];
