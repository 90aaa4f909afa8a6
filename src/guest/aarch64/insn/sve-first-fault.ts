/**
 * SVE first-fault and non-fault contiguous loads: ARM DDI 0487, C4.1, "SVE contiguous first-fault load" and "non-fault load". The first
 * element that isn't plain memory (it would fault, a device answers there, it is watched) ends them, the first active one of a
 * first-fault load apart: FFR is cleared from there on, and the destination's lanes are zero.
 * CONSTRAINED UNPREDICTABLE: lanes in front of it are loaded even where FFR was clear already.
 */
import type { Builder, I64, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setV } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import { baseImmediate, baseRegister, elementName, indexed, scaledOffset, vectorMultiple } from '../sve/addressing.ts';
import { type ElementShape, loadElements, memoryBytes, packed, shapeOfDtype } from '../sve/contiguous.ts';
import { z, zeroing } from '../sve/names.ts';
import { elementsOf, maskOf, P, readFFR, writeFFR } from '../sve/predicate.ts';
import { sveInsn } from './sve-access.ts';

/** `faulting`: lanes whose loads may fault. */
function load(b: Builder, f: { readonly Zt: Operand }, shape: ElementShape, address: I64, active: V128, faulting: V128): void {
  const total = memoryBytes(shape);
  const wanted = packed(b, shape, active);
  const readable = b.readable(address, total, { element: (1 << shape.msz) as 1 | 2 | 4 | 8 });
  const failing = b.vandNot(wanted, b.vor(readable, packed(b, shape, faulting)));
  // Bytes in memory in front of the first element that fails, or all of them; and the same in bytes of the vector.
  const bytes = b.ctz(b.or(b.vbitmask(8, failing), b.i32(1 << total)));
  const below = (n: typeof bytes): typeof bytes => b.sub(b.shl(b.i32(1), n), b.i32(1));
  const value = loadElements(b, shape, address, b.vand(wanted, maskOf(b, 8, below(bytes))));
  setV(b, f.Zt, value);
  writeFFR(b, b.and(readFFR(b), below(b.shl(bytes, b.i32(shape.esz - shape.msz)))));
}

const spelling = (kind: string, dtype: number, f: { readonly Zt: number; readonly Pg: number }): string => {
  const shape = shapeOfDtype(dtype);
  return `${kind}${elementName(shape)}\t{${z(shape.esz, f.Zt)}}, ${zeroing(f.Pg)}, `;
};

export const sveFirstFault: readonly Insn[] = [
  sveInsn('LDFF1 (scalar plus scalar)', '1010010 dtype!4 Rm:5 011 Pg:3 Rn:5 Zt:5', {
    asm: f => spelling('ldff1', f.dtype, f) + indexed(f.Rn, f.Rm, shapeOfDtype(f.dtype).msz),
    exec(b, f) {
      const shape = shapeOfDtype(f.dtype);
      const lane = laneOf(shape.esz);
      const p = elementsOf(b, lane, P(b, f.Pg));
      const first = b.and(p, b.neg(p));
      load(b, f, shape, baseRegister(b, f.Rn, f.Rm, shape.msz), maskOf(b, lane, p), maskOf(b, lane, first));
    },
  }),
  sveInsn('LDNF1 (scalar plus immediate)', '1010010 dtype!4 1 imm4:4 101 Pg:3 Rn:5 Zt:5', {
    derive: f => ({ offset: scaledOffset(f.imm4, 4, memoryBytes(shapeOfDtype(f.dtype))) }),
    asm: f => spelling('ldnf1', f.dtype, f) + vectorMultiple(f.Rn, f.imm4, 4),
    exec(b, f) {
      const shape = shapeOfDtype(f.dtype);
      load(b, f, shape, baseImmediate(b, f.Rn, f.offset), maskOf(b, laneOf(shape.esz), P(b, f.Pg)), b.v128(0n));
    },
  }),
];
