/** FEAT_FHM: products of halves added to singles (DDI 0487, C7: FMLAL, FMLAL2, FMLSL, FMLSL2). */
import type { Builder, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { widenOperand } from '../fp/half.ts';
import { FPMulAdd } from '../fp/vector.ts';
import { element, vector } from '../names.ts';
import { V, setV } from '../pseudocode.ts';
import { shuffleLanes } from '../simd/lanes.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { derivePlace, splatElement } from './simd-by-element.ts';

const feature = 'FHM';
/** Mnemonic, whether products are subtracted, and which half of the sources is taken. */
const rows = [
  ['fmlal', 0, 0],
  ['fmlsl', 1, 0],
  ['fmlal2', 0, 1],
  ['fmlsl2', 1, 1],
] as const;

/** The lower or upper half of a vector's 4 or 8 halves, each in a word of its own. */
function part(b: Builder, Q: number, upper: number, x: V128): V128 {
  const count = Q ? 4 : 2;
  const halves = Array.from({ length: count }, (_, i) => i + (upper ? count : 0));
  return shuffleLanes(b, 16, x, b.v128(0n), halves.flatMap(i => [i, 8]));
}

function accumulate(b: Builder, Q: number, Rd: Operand, n: V128, m: V128, subtract: boolean): void {
  setV(b, Rd, FPMulAdd(b, 32, Q ? 4 : 2, V(b, Rd), widenOperand(b, n), widenOperand(b, m), subtract));
}

/** Two or four halves as objdump has them. */
const source = (Q: number, r: number): string => (Q ? vector(0, 1, r) : `v${r}.2h`);

function entries([mnemonic, S, upper]: (typeof rows)[number]): Insn[] {
  const name = mnemonic.toUpperCase();
  const opcode = fixed(upper ? '11001' : '11101');
  return [
    fpInsn(`${name} (vector)`, `0 Q!1 ${fixed(upper)} 01110 ${fixed(S)} 0 1 Rm:5 ${opcode} 1 Rn:5 Rd:5`, {
      feature,
      asm: f => `${mnemonic}\t${vector(f.Q, 2, f.Rd)}, ${source(f.Q, f.Rn)}, ${source(f.Q, f.Rm)}`,
      exec: (b, f) => accumulate(b, f.Q, f.Rd, part(b, f.Q, upper, V(b, f.Rn)), part(b, f.Q, upper, V(b, f.Rm)), S === 1),
    }),
    fpInsn(`${name} (by element)`, `0 Q!1 ${fixed(upper)} 01111 10 L:1 M:1 Rm:4 ${fixed(upper)} ${fixed(S)} 00 H:1 0 Rn:5 Rd:5`, {
      feature,
      derive: f => derivePlace({ ...f, size: 1 }),
      asm: f => `${mnemonic}\t${vector(f.Q, 2, f.Rd)}, ${source(f.Q, f.Rn)}, ${element(1, f.Rm, (f.H << 2) | (f.L << 1) | f.M)}`,
      exec(b, f) {
        const m = b.vshrU(32, splatElement(b, 16, V(b, f.m), f.bytes), b.i32(16));
        accumulate(b, f.Q, f.Rd, part(b, f.Q, upper, V(b, f.Rn)), m, S === 1);
      },
    }),
  ];
}

export const simdFpLong: readonly Insn[] = rows.flatMap(entries);
