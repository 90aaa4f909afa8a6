/** Advanced SIMD conversions that change the length of elements (DDI 0487, C7: FCVTL, FCVTN, FCVTXN). */
import type { Insn } from '../../../isa/insn.ts';
import { FPConvert, FPConvertOdd } from '../fp/vector-convert.ts';
import { scalar, vector } from '../names.ts';
import { V, setV } from '../pseudocode.ts';
import { fpInsn } from './fp-access.ts';

/** FCVTN and FCVTXN: into the low half, the other one zero, or into the high half of what is there. */
const narrowed = (mnemonic: string, f: { readonly Q: number; readonly sz: number; readonly Rd: number; readonly Rn: number }): string =>
  `${mnemonic}${f.Q ? '2' : ''}\t${vector(f.Q, 1 + f.sz, f.Rd)}, ${vector(1, 2 + f.sz, f.Rn)}`;

export const simdFpLength: readonly Insn[] = [
  fpInsn('FCVTL', '0 Q!1 0 01110 0 sz!1 10000 10111 10 Rn:5 Rd:5', {
    asm: f => `fcvtl${f.Q ? '2' : ''}\t${vector(1, 2 + f.sz, f.Rd)}, ${vector(f.Q, 1 + f.sz, f.Rn)}`,
    exec(b, f) {
      const count = f.sz ? 2 : 4;
      setV(b, f.Rd, FPConvert(b, f.sz ? 32 : 16, f.sz ? 64 : 32, count, V(b, f.Rn), f.Q ? count : 0));
    },
  }),
  fpInsn('FCVTN', '0 Q!1 0 01110 0 sz!1 10000 10110 10 Rn:5 Rd:5', {
    asm: f => narrowed('fcvtn', f),
    exec(b, f) {
      const result = FPConvert(b, f.sz ? 64 : 32, f.sz ? 32 : 16, f.sz ? 2 : 4, V(b, f.Rn), 0);
      setV(b, f.Rd, f.Q ? b.vset(64, V(b, f.Rd), 1, b.vget(64, result, 0)) : result);
    },
  }),
  fpInsn('FCVTXN (vector)', '0 Q!1 1 01110 0 sz!1 10000 10110 10 Rn:5 Rd:5', {
    valid: f => f.sz === 1,
    asm: f => narrowed('fcvtxn', f),
    exec(b, f) {
      const result = FPConvertOdd(b, 2, V(b, f.Rn));
      setV(b, f.Rd, f.Q ? b.vset(64, V(b, f.Rd), 1, b.vget(64, result, 0)) : result);
    },
  }),
  fpInsn('FCVTXN (scalar)', '01 1 11110 0 1 10000 10110 10 Rn:5 Rd:5', {
    asm: f => `fcvtxn\t${scalar(2, f.Rd)}, ${scalar(3, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, FPConvertOdd(b, 1, V(b, f.Rn))),
  }),
];
