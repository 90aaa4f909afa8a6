/** SVE sums and products of complex numbers: FCADD, FCMLA of vectors and of indexed pairs (DDI 0487, C8). */
import type { Insn } from '../../../isa/insn.ts';
import { factors, turned } from '../fp/complex.ts';
import * as fp from '../fp/vector.ts';
import { setV, V } from '../pseudocode.ts';
import { elementsIn, isPrecision, onActive, precisionOf } from '../sve/fp.ts';
import { merging, z, zs } from '../sve/names.ts';
import { bytesOfElement, inEveryLane } from '../sve/places.ts';
import { maskOf, P } from '../sve/predicate.ts';
import { sveInsn } from './sve-access.ts';

interface Indexed {
  readonly N: 16 | 32;
  readonly size: number;
  /** Bits 23 to 16. An index counts pairs; what it doesn't take of four bits is more of the register. */
  readonly place: 'index:2 Zm:3';
}
const indexed: readonly Indexed[] = [
  { N: 16, size: 1, place: '101 index:2 Zm:3' as 'index:2 Zm:3' },
  { N: 32, size: 2, place: '111 index:1 Zm:4' as 'index:2 Zm:3' },
];

export const sveFpComplex: readonly Insn[] = [
  sveInsn('FCADD', '01100100 size!2 00000 rot!1 100 Pg:3 Zm:5 Zdn:5', {
    valid: isPrecision,
    asm: f => `fcadd\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${zs(f.size, f.Zdn, f.Zm)}, #${f.rot ? 270 : 90}`,
    exec(b, f) {
      const N = precisionOf(f.size);
      const x = V(b, f.Zdn);
      setV(b, f.Zdn, onActive(b, N, P(b, f.Pg), fp.FPAdd, x, turned(b, N, f.rot, V(b, f.Zm)), x));
    },
  }),
  sveInsn('FCMLA (vectors)', '01100100 size!2 0 Zm:5 0 rot!2 Pg:3 Zn:5 Zda:5', {
    valid: isPrecision,
    asm: f => `fcmla\t${z(f.size, f.Zda)}, ${merging(f.Pg)}, ${zs(f.size, f.Zn, f.Zm)}, #${90 * f.rot}`,
    exec(b, f) {
      const N = precisionOf(f.size);
      const mask = maskOf(b, N, P(b, f.Pg));
      const [x, y] = factors(b, N, f.rot, V(b, f.Zn), V(b, f.Zm));
      const addend = V(b, f.Zda);
      // Each element of a pair has its own bit, so it is the shuffled operands that are made harmless.
      const sum = fp.FPMulAdd(b, N, elementsIn(N), b.vand(mask, addend), b.vand(mask, x), b.vand(mask, y), false);
      setV(b, f.Zda, b.vselect(mask, sum, addend));
    },
  }),
  ...indexed.map(({ N, size, place }) =>
    sveInsn(`FCMLA (indexed, ${N})`, `01100100 ${place} 0001 rot!2 Zn:5 Zda:5`, {
      derive: f => ({ bytes: bytesOfElement(2 * N, f.index) }),
      asm: f => `fcmla\t${zs(size, f.Zda, f.Zn)}, ${z(size, f.Zm)}[${f.index}], #${90 * f.rot}`,
      exec(b, f) {
        const pair = inEveryLane(b, N === 16 ? 32 : 64, V(b, f.Zm), f.bytes);
        const [x, y] = factors(b, N, f.rot, V(b, f.Zn), pair);
        setV(b, f.Zda, fp.FPMulAdd(b, N, elementsIn(N), V(b, f.Zda), x, y, false));
      },
    }),
  ),
];
