/** Scalar floating-point comparisons (DDI 0487, C7: FCMP, FCMPE, FCCMP, FCCMPE). */
import type { Insn } from '../../../isa/insn.ts';
import { FPCompare } from '../fp/scalar.ts';
import { condName, hex } from '../names.ts';
import { ConditionHolds, V, setNZCV } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { precisions } from './fp-size.ts';

const signalling = [
  ['', 0],
  ['e', 1],
] as const;

export const fpCompare: readonly Insn[] = precisions.flatMap(({ N, ftype, feature, reg }) =>
  signalling.flatMap(([suffix, E]) => [
    fpInsn(`FCMP${suffix.toUpperCase()} (${N})`, `0 0 0 11110 ${ftype} 1 Rm:5 00 1000 Rn:5 ${fixed(E)} 0 000`, {
      ...feature,
      asm: f => `fcmp${suffix}\t${reg(f.Rn)}, ${reg(f.Rm)}`,
      exec: (b, f) => setNZCV(b, FPCompare(b, N, V(b, f.Rn), V(b, f.Rm), E === 1, b.i32(1), b.i32(0))),
    }),
    // CONSTRAINED UNPREDICTABLE: we choose UNDEFINED where Rm, which is not used, isn't 0
    fpInsn(`FCMP${suffix.toUpperCase()} (zero, ${N})`, `0 0 0 11110 ${ftype} 1 00000 00 1000 Rn:5 ${fixed(E)} 1 000`, {
      ...feature,
      asm: f => `fcmp${suffix}\t${reg(f.Rn)}, #0.0`,
      exec: (b, f) => setNZCV(b, FPCompare(b, N, V(b, f.Rn), b.v128(0n), E === 1, b.i32(1), b.i32(0))),
    }),
    fpInsn(`FCCMP${suffix.toUpperCase()} (${N})`, `0 0 0 11110 ${ftype} 1 Rm:5 cond!4 01 Rn:5 ${fixed(E)} nzcv:4`, {
      ...feature,
      asm: f => `fccmp${suffix}\t${reg(f.Rn)}, ${reg(f.Rm)}, ${hex(f.nzcv)}, ${condName(f.cond)}`,
      exec(b, f) {
        const otherwise = b.shl(b.operand(f.nzcv), b.i32(28));
        setNZCV(b, FPCompare(b, N, V(b, f.Rn), V(b, f.Rm), E === 1, ConditionHolds(b, f.cond), otherwise));
      },
    }),
  ]),
);
