/** Advanced SIMD loads and stores of a single structure, to one lane or to all lanes: VLD1 to VLD4, VST1 to VST4 (ARM DDI 0487, F4.1 and F6). */
import type { Builder, Bytes, I32, Operand } from '../../../../isa/builder.ts';
import { fixed } from '../../insn/fixed.ts';
import { laneOf } from '../../simd/lanes.ts';
import { type Both, simdMemory } from '../both.ts';
import { PC } from '../pseudocode.ts';
import { dOf, element, setElement } from '../vfp.ts';
import { accessOf, addressName, baseOf, writeBack } from './simd-address.ts';

interface Lane { readonly index: number; readonly inc: number; readonly alignment: number }

/** index_align by the elements of a structure, 1 to 4; undefined where it is UNDEFINED. */
function laneBy(selem: number, size: number, ia: number): Lane | undefined {
  const index = ia >> (size + 1);
  const inc = selem > 1 && size > 0 && (ia >> size) & 1 ? 2 : 1;
  const low = ia & ((1 << size) - 1 || 1);
  // What the bits below say of alignment: one bit, but for words of VLD1 and VLD4.
  const alignments: Readonly<Record<number, readonly (number | undefined)[]>> = {
    1: size === 0 ? [1] : size === 1 ? [1, 2] : [1, undefined, undefined, 4],
    2: [1, 2 << size],
    3: [1],
    4: size === 2 ? [1, 8, 16] : [1, 4 << size],
  };
  const alignment = (alignments[selem] as readonly (number | undefined)[])[low];
  if (alignment === undefined || (selem === 1 && size > 0 && (ia >> size) & 1)) return undefined;
  return { index, inc, alignment };
}

interface Registers { readonly D: number; readonly Vd: number; readonly Rn: number }
// CONSTRAINED UNPREDICTABLE with R15 as the base, or past D31: we choose UNDEFINED
const fits = (f: Registers, count: number, inc: number): boolean => f.Rn !== PC && dOf(f.D, f.Vd) + (count - 1) * inc < 32;
const list = (f: Registers, count: number, inc: number, lane: string): string =>
  `{${Array.from({ length: count }, (_, i) => `d${dOf(f.D, f.Vd) + i * inc}${lane}`).join(',')}}`;

/** The element of register d + i * inc, counted through all registers. */
const place = (b: Builder, d: Operand, perRegister: number, behind: number): I32 =>
  b.add(b.mul(b.operand(d), b.i32(perRegister)), b.i32(behind));

/** Bits 9..8. */
const bits = (selem: number): '0' => fixed((selem - 1).toString(2).padStart(2, '0'));
const oneLaneName = (selem: number): string => `VLD${selem}, VST${selem} (one lane)`;

const oneLane = (selem: number): Both => simdMemory(oneLaneName(selem), `1 D:1 L!1 0 Rn:4 Vd:4 size!2 ${bits(selem)} ia!4 Rm:4`, {
  valid(f) {
    const lane = f.size === 3 ? undefined : laneBy(selem, f.size, f.ia);
    return lane !== undefined && fits(f, selem, lane.inc);
  },
  derive: f => ({ d: dOf(f.D, f.Vd) }),
  asm(f) {
    const { index, inc, alignment } = laneBy(selem, f.size, f.ia) as Lane;
    return `v${f.L ? 'ld' : 'st'}${selem}.${8 << f.size}\t${list(f, selem, inc, `[${index}]`)}, ${addressName(f, alignment)}`;
  },
  exec(b, f) {
    const { index, inc, alignment } = laneBy(selem, f.size, f.ia) as Lane;
    const bytes = (1 << f.size) as Bytes;
    const lane = laneOf(f.size);
    const address = baseOf(b, f.Rn);
    const elements = Array.from({ length: selem }, (_, i) => ({
      from: b.add(address, b.i64(i * bytes)),
      access: accessOf(bytes, i ? 1 : alignment),
      at: place(b, f.d, 64 / lane, (i * inc * 64) / lane + index),
    }));
    if (f.L) {
      const values = elements.map(e => b.load(e.from, bytes, e.access));
      elements.forEach((e, i) => { setElement(b, lane, e.at, values[i]!); });
    } else {
      for (const e of elements) b.store(e.from, element(b, lane, e.at), bytes, e.access);
    }
    writeBack(b, f, bytes * selem);
  },
});

/** Of `size` 3 only VLD4 has something: words that are aligned as a whole. */
const sizeOf = (f: { readonly size: number }): number => Math.min(f.size, 2);
function alignmentOfAll(selem: number, f: { readonly size: number; readonly a: number }): number | undefined {
  if (f.size === 3) return selem === 4 && f.a ? 16 : undefined;
  if (!f.a) return 1;
  switch (selem) {
    case 1: return f.size === 0 ? undefined : 1 << f.size;
    case 2: return 2 << f.size;
    case 3: return undefined;
    default: return f.size === 2 ? 8 : 4 << f.size;
  }
}

/** VLD1 fills one register or two (T), the others have theirs side by side or every second one. */
function allLanes(selem: number): Both {
  const shape = (f: { readonly T: number }): { count: number; inc: number } =>
    (selem === 1 ? { count: f.T + 1, inc: 1 } : { count: selem, inc: f.T + 1 });
  return simdMemory(`VLD${selem} (all lanes)`, `1 D:1 10 Rn:4 Vd:4 11 ${bits(selem)} size!2 T!1 a!1 Rm:4`, {
    overrides: [oneLaneName(selem)],
    valid: f => alignmentOfAll(selem, f) !== undefined && fits(f, shape(f).count, shape(f).inc),
    derive: f => ({ d: dOf(f.D, f.Vd) }),
    asm(f) {
      const { count, inc } = shape(f);
      const first = dOf(f.D, f.Vd);
      const registers = count > 1 && inc === 1 ? `{d${first}[]-d${first + count - 1}[]}` : list(f, count, inc, '[]');
      return `vld${selem}.${8 << sizeOf(f)}\t${registers}, ${addressName(f, alignmentOfAll(selem, f) as number)}`;
    },
    exec(b, f) {
      const bytes = (1 << sizeOf(f)) as Bytes;
      const { count, inc } = shape(f);
      const address = baseOf(b, f.Rn);
      const copies = Array.from({ length: selem }, (_, i) => {
        const value = b.load(b.add(address, b.i64(i * bytes)), bytes, accessOf(bytes, i ? 1 : alignmentOfAll(selem, f) as number));
        return b.vget(64, b.vsplat(laneOf(sizeOf(f)), value), 0);
      });
      for (let i = 0; i < count; i++) setElement(b, 64, b.add(b.operand(f.d), b.i32(i * inc)), copies[i % selem]!);
      writeBack(b, f, bytes * selem);
    },
  });
}

export const simdElement: readonly Both[] = [1, 2, 3, 4].flatMap(selem => [oneLane(selem), allLanes(selem)]);
