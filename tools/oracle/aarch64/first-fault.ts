/** Where QEMU's LDFF1 and LDNF1 (contiguous) may be other than ours: ARM DDI 0487, C8.2 and MemSingleNF of J1.1. */
import { signExtend } from '../../../src/base/bits.ts';
import { memoryBytes, shapeOfDtype } from '../../../src/guest/aarch64/sve/contiguous.ts';
import { extract, type Insn } from '../../../src/isa/insn.ts';

const PAGE = 4096;
/** Bits of a predicate that count for elements of each size, in the vector's low half. */
const lowHalf = [0xff, 0x55, 0x11, 0x01] as const;

/** `base`: Xn or SP; `index`: Xn or zero; `p`: P0 to P7. */
export function firstFaultDeviation(insn: Insn, word: number, base: (n: number) => bigint, index: (n: number) => bigint, p: (n: number) => number): string | undefined {
  if (!/^SVE LD[FN]F1 /.test(insn.name)) return undefined;
  const { dtype, Pg, Rn, Rm, imm4 } = extract(insn, word) as Record<string, number>;
  const shape = shapeOfDtype(dtype!);
  if ((p(Pg!) & lowHalf[shape.esz]!) === 0) return 'QEMU 7.2 gives zeros, and leaves FFR, where no element of the vector\'s low half is active';
  const offset = Rm === undefined ? BigInt(signExtend(imm4!, 4) * memoryBytes(shape)) : index(Rm) << BigInt(shape.msz);
  const at = Number((base(Rn!) + offset) & BigInt(PAGE - 1));
  return at + memoryBytes(shape) > PAGE ? 'a load may end at any element but the first active one: QEMU ends it with the page' : undefined;
}
