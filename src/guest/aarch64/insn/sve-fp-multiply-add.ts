/** SVE floating-point multiply-add, of vectors and of indexed elements, and FMUL (indexed) (DDI 0487, C8: FMLA (vectors), FMAD …). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import type { FpSize } from '../fp/format.ts';
import * as fp from '../fp/vector.ts';
import { setV, V } from '../pseudocode.ts';
import { elementsIn, isPrecision, precisionOf } from '../sve/fp.ts';
import { merging, z, zs } from '../sve/names.ts';
import { bytesOfElement, inEveryLane } from '../sve/places.ts';
import { maskOf, P } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

/** What of x * y + addend is negated first. */
interface Signs {
  readonly factor: boolean;
  readonly addend: boolean;
}

/** Of each kind: with the sum, or with the first factor, as the destination. */
const kinds: readonly (readonly [toAddend: string, toFactor: string, opcode: string, negated: Signs])[] = [
  ['fmla', 'fmad', '00', { factor: false, addend: false }],
  ['fmls', 'fmsb', '01', { factor: true, addend: false }],
  ['fnmla', 'fnmad', '10', { factor: true, addend: true }],
  ['fnmls', 'fnmsb', '11', { factor: false, addend: true }],
];

/** Of the active elements; the others are zero. */
function multiplyAdd(b: Builder, N: FpSize, mask: V128, negated: Signs, addend: V128, x: V128, y: V128): V128 {
  const active = (v: V128): V128 => b.vand(mask, v);
  const sum = negated.addend ? fp.negated(b, N, active(addend)) : active(addend);
  return fp.FPMulAdd(b, N, elementsIn(N), sum, active(x), active(y), negated.factor);
}

interface Indexed {
  readonly N: FpSize;
  readonly size: number;
  /** Bits 23 to 16: the size, and where the index and the register are. */
  readonly pattern: 'high:2 low:2 Zm:4';
}
const indexed: readonly Indexed[] = [
  { N: 16, size: 1, pattern: '0 high:1 1 low:2 Zm:3' as 'high:2 low:2 Zm:4' },
  { N: 32, size: 2, pattern: '101 high:1 low:1 Zm:3' as 'high:2 low:2 Zm:4' },
  { N: 64, size: 3, pattern: '111 low:1 Zm:4' as 'high:2 low:2 Zm:4' },
];

type ByElement = (b: Builder, N: FpSize, count: number, x: V128, y: V128, addend: () => V128) => V128;
const byElement: readonly (readonly [mnemonic: string, opcode: string, of: ByElement])[] = [
  ['fmla', '000000', (b, N, count, x, y, addend) => fp.FPMulAdd(b, N, count, addend(), x, y, false)],
  ['fmls', '000001', (b, N, count, x, y, addend) => fp.FPMulAdd(b, N, count, addend(), x, y, true)],
  ['fmul', '001000', fp.FPMul],
];

const indexOf = (N: FpSize, f: { readonly high?: number; readonly low: number }): number =>
  N === 64 ? f.low : ((f.high ?? 0) << (N === 16 ? 2 : 1)) | f.low;

export const sveFpMultiplyAdd: readonly Insn[] = [
  ...kinds.flatMap(([toAddend, toFactor, opcode, negated]) => [
    sveInsn(`${toAddend.toUpperCase()} (vectors)`, `01100101 size!2 1 Zm:5 0 ${fixed(opcode)} Pg:3 Zn:5 Zda:5`, {
      valid: isPrecision,
      asm: f => `${toAddend}\t${z(f.size, f.Zda)}, ${merging(f.Pg)}, ${zs(f.size, f.Zn, f.Zm)}`,
      exec(b, f) {
        const N = precisionOf(f.size);
        const mask = maskOf(b, N, P(b, f.Pg));
        const addend = V(b, f.Zda);
        setV(b, f.Zda, b.vselect(mask, multiplyAdd(b, N, mask, negated, addend, V(b, f.Zn), V(b, f.Zm)), addend));
      },
    }),
    sveInsn(toFactor.toUpperCase(), `01100101 size!2 1 Za:5 1 ${fixed(opcode)} Pg:3 Zm:5 Zdn:5`, {
      valid: isPrecision,
      asm: f => `${toFactor}\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${zs(f.size, f.Zm, f.Za)}`,
      exec(b, f) {
        const N = precisionOf(f.size);
        const mask = maskOf(b, N, P(b, f.Pg));
        const factor = V(b, f.Zdn);
        setV(b, f.Zdn, b.vselect(mask, multiplyAdd(b, N, mask, negated, V(b, f.Za), factor, V(b, f.Zm)), factor));
      },
    }),
  ]),
  ...indexed.flatMap(({ N, size, pattern }) =>
    byElement.map(([mnemonic, opcode, of]) =>
      sveInsn(`${mnemonic.toUpperCase()} (indexed, ${N})`, `01100100 ${pattern} ${fixed(opcode)} Zn:5 Zda:5`, {
        derive: f => ({ bytes: bytesOfElement(N, indexOf(N, f)) }),
        asm: f => `${mnemonic}\t${zs(size, f.Zda, f.Zn)}, ${z(size, f.Zm)}[${indexOf(N, f)}]`,
        exec: (b, f) =>
          setV(
            b,
            f.Zda,
            of(b, N, elementsIn(N), V(b, f.Zn), inEveryLane(b, N, V(b, f.Zm), f.bytes), () => V(b, f.Zda)),
          ),
      }),
    ),
  ),
];
