/** Advanced SIMD across lanes and scalar pairwise, floating point (DDI 0487, C7: FMAXV …, FADDP (scalar) …). */
import type { Insn } from '../../../isa/insn.ts';
import { FPAdd, FPMax, FPMaxNum, FPMin, FPMinNum, reduce } from '../fp/vector.ts';
import { vector } from '../names.ts';
import { V, setV } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { double, half, single, type Precision } from './fp-size.ts';

const across = [
  ['fmaxnmv', 0, '01100', FPMaxNum],
  ['fminnmv', 1, '01100', FPMinNum],
  ['fmaxv', 0, '01111', FPMax],
  ['fminv', 1, '01111', FPMin],
] as const;

const pairs = [
  ['fmaxnmp', 0, '01100', FPMaxNum],
  ['fminnmp', 1, '01100', FPMinNum],
  ['faddp', 0, '01101', FPAdd],
  ['fmaxp', 0, '01111', FPMax],
  ['fminp', 1, '01111', FPMin],
] as const;

/** Half precision differs from single in bit 29. */
const U = ({ N }: Precision): '0' => fixed(N === 16 ? 0 : 1);
const sz = ({ N }: Precision): '0' => fixed(N === 64 ? 1 : 0);
const size = ({ N }: Precision): number => ({ 16: 1, 32: 2, 64: 3 })[N];

export const simdFpReduce: readonly Insn[] = [
  ...[single, half].flatMap(p =>
    across.map(([mnemonic, a, opcode, of]) =>
      fpInsn(`${mnemonic.toUpperCase()} (${p.N})`, `0 Q!1 ${U(p)} 01110 ${fixed(a)} 0 11000 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
        ...p.feature,
        valid: f => f.Q === 1 || p.N === 16,
        asm: f => `${mnemonic}\t${p.reg(f.Rd)}, ${vector(f.Q, size(p), f.Rn)}`,
        exec: (b, f) => setV(b, f.Rd, reduce(b, p.N, (f.Q ? 128 : 64) / p.N, V(b, f.Rn), of)),
      }),
    ),
  ),
  ...[single, double, half].flatMap(p =>
    pairs.map(([mnemonic, a, opcode, of]) =>
      fpInsn(`${mnemonic.toUpperCase()} (scalar, ${p.N})`, `01 ${U(p)} 11110 ${fixed(a)} ${sz(p)} 11000 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
        ...p.feature,
        asm: f => `${mnemonic}\t${p.reg(f.Rd)}, v${f.Rn}.2${'hsd'[size(p) - 1]}`,
        exec: (b, f) => setV(b, f.Rd, reduce(b, p.N, 2, V(b, f.Rn), of)),
      }),
    ),
  ),
];
