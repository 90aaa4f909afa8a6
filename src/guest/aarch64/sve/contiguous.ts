/**
 * Elements side by side in memory, and the lanes of a vector of 128 bits that hold them, extended or cut to size: what the contiguous
 * loads and stores of SVE have in common (DDI 0487, C8.2). They are accesses under a mask (`Builder.loadMasked`): one check
 * in the TLB for all, and element by element only where it isn't plain memory. No register is written before the last of them.
 */
import type { Builder, I64, V128 } from '../../../isa/builder.ts';

/** log2 of the bytes of elements in memory and in registers, and whether loads extend their sign. */
export interface ElementShape {
  readonly msz: number;
  readonly esz: number;
  readonly signed: boolean;
}

type Total = 2 | 4 | 8 | 16;
type Size = 1 | 2 | 4 | 8;

/** Bytes in memory of the elements of a vector. */
export const memoryBytes = ({ msz, esz }: ElementShape): Total => (16 >> (esz - msz)) as Total;

/** The lowest `1 << msz` bytes of each lane side by side, zeros above them. */
export function packed(b: Builder, { msz, esz }: ElementShape, lanes: V128): V128 {
  if (msz === esz) return lanes;
  const from = Array.from({ length: 16 }, (_, i) => {
    const element = i >> msz;
    return element < 16 >> esz ? (element << esz) + (i & ((1 << msz) - 1)) : 16;
  });
  return b.vshuffle(lanes, b.v128(0n), from);
}

function unpacked(b: Builder, { msz, esz, signed }: ElementShape, elements: V128): V128 {
  let lanes = elements;
  for (let size = msz; size < esz; size++) {
    const lane = (8 << size) as 8 | 16 | 32;
    lanes = signed ? b.vextendS(lane, 'low', lanes) : b.vextendU(lane, 'low', lanes);
  }
  return lanes;
}

/** `mask`: all ones in the bytes of elements in memory that are loaded; the lanes of the others are zero. */
export function loadElements(b: Builder, shape: ElementShape, address: I64, mask: V128): V128 {
  return unpacked(b, shape, b.loadMasked(address, mask, memoryBytes(shape), { element: (1 << shape.msz) as Size }));
}

/** `mask`: all ones in the lanes that are stored. */
export function storeElements(b: Builder, shape: ElementShape, address: I64, value: V128, mask: V128): void {
  b.storeMasked(address, packed(b, shape, value), packed(b, shape, mask), memoryBytes(shape), { element: (1 << shape.msz) as Size });
}

/** What `dtype` of the contiguous loads stands for: where memory's elements would be the larger ones, sign extension. */
export function shapeOfDtype(dtype: number): ElementShape {
  const [msz, esz] = [dtype >> 2, dtype & 3];
  return msz > esz ? { msz: 3 - msz, esz: 3 - esz, signed: true } : { msz, esz, signed: false };
}
