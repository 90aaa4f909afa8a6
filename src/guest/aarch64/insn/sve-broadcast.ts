/** LD1R*, one element of memory in every active lane: ARM DDI 0487, C4.1, "SVE load and broadcast element". */
import type { Bytes } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { memory } from '../names.ts';
import { setV } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import { baseImmediate, elementName } from '../sve/addressing.ts';
import { shapeOfDtype } from '../sve/contiguous.ts';
import { loadWhere } from '../sve/element.ts';
import { z, zeroing } from '../sve/names.ts';
import { elementsOf, P, zeroed } from '../sve/predicate.ts';
import { sveInsn } from './sve-access.ts';

const shapeOf = (f: { readonly dtypeh: number; readonly dtypel: number }): ReturnType<typeof shapeOfDtype> => shapeOfDtype(f.dtypeh << 2 | f.dtypel);

export const sveBroadcast: readonly Insn[] = [
  sveInsn('LD1R', '1000010 dtypeh!2 1 imm6:6 1 dtypel!2 Pg:3 Rn:5 Zt:5', {
    derive: f => ({ offset: f.imm6 << shapeOf(f).msz }),
    asm: f => `ld1r${elementName(shapeOf(f))}\t{${z(shapeOf(f).esz, f.Zt)}}, ${zeroing(f.Pg)}, ${memory(f.Rn, f.imm6 << shapeOf(f).msz)}`,
    exec(b, f) {
      const { msz, esz, signed } = shapeOf(f);
      const lane = laneOf(esz);
      const p = P(b, f.Pg);
      const data = loadWhere(b, b.ne(elementsOf(b, lane, p), b.i32(0)), baseImmediate(b, f.Rn, f.offset), (1 << msz) as Bytes);
      const value = signed ? b.signExtend(data, (8 << msz) as 8 | 16 | 32) : data;
      setV(b, f.Zt, zeroed(b, lane, p, b.vsplat(lane, value)));
    },
  }),
];
