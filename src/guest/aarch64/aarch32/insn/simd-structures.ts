/**
 * Advanced SIMD loads and stores of multiple structures: VLD1 to VLD4, VST1 to VST4 (ARM DDI 0487, F4.1 and F6). Memory is accessed in
 * pieces of up to 16 bytes, interleaving permutes their bytes, as in A64 (../../insn/ldst-structures.ts).
 */
import type { Builder, I64, Operand, V128 } from '../../../../isa/builder.ts';
import { fixed } from '../../insn/fixed.ts';
import { pick } from '../../insn/ldst-structures.ts';
import { shuffleLanes } from '../../simd/lanes.ts';
import { type Both, simdMemory } from '../both.ts';
import { PC } from '../pseudocode.ts';
import { dOf, element, setElement } from '../vfp.ts';
import { accessOf, addressName, baseOf, writeBack } from './simd-address.ts';

/** Elements of a structure, how often structures repeat over the registers, and how far registers of one structure are apart. */
interface Shape { readonly type: string; readonly selem: number; readonly rpt: number; readonly inc: number }
const shapes: readonly Shape[] = [
  { type: '0111', selem: 1, rpt: 1, inc: 1 }, { type: '1010', selem: 1, rpt: 2, inc: 1 },
  { type: '0110', selem: 1, rpt: 3, inc: 1 }, { type: '0010', selem: 1, rpt: 4, inc: 1 },
  { type: '1000', selem: 2, rpt: 1, inc: 1 }, { type: '1001', selem: 2, rpt: 1, inc: 2 }, { type: '0011', selem: 2, rpt: 2, inc: 2 },
  { type: '0100', selem: 3, rpt: 1, inc: 1 }, { type: '0101', selem: 3, rpt: 1, inc: 2 },
  { type: '0000', selem: 4, rpt: 1, inc: 1 }, { type: '0001', selem: 4, rpt: 1, inc: 2 },
];

interface Form { readonly size: number; readonly align: number }

/** Registers as numbers behind the first one, in the order of their structures' elements. */
function registersOf({ selem, rpt, inc }: Shape): number[] {
  return Array.from({ length: rpt }, (_, r) => Array.from({ length: selem }, (_, s) => r + s * inc)).flat();
}
const alignmentOf = (f: Form): number => (f.align === 0 ? 1 : 4 << f.align);

function isAllocated(shape: Shape, f: Form): boolean {
  if (shape.selem > 1 && f.size === 3) return false;
  const registers = registersOf(shape).length;
  return registers === 1 || registers === 3 ? f.align < 2 : registers === 2 ? f.align < 3 : true;
}

/**
 * Where byte `at` in memory lies in the registers, these taken as one row of which each has 16 bytes. One structure follows
 * the other through a group of registers, one group follows the other.
 */
function registerByte({ selem }: Shape, size: number, at: number): number {
  const group = Math.floor(at / (8 * selem));
  const inGroup = at % (8 * selem);
  const e = inGroup >> size;
  return (group * selem + (e % selem)) * 16 + (Math.floor(e / selem) << size) + (inGroup & ((1 << size) - 1));
}

function load(b: Builder, shape: Shape, f: Form & { readonly d: Operand }, address: I64): void {
  const registers = registersOf(shape);
  const total = 8 * registers.length;
  const pieces: V128[] = [];
  for (let at = 0; at < total; at += 16) {
    pieces.push(b.loadV(b.add(address, b.i64(at)), total - at < 16 ? 8 : 16, accessOf((1 << f.size) as 1 | 2 | 4 | 8, at ? 1 : alignmentOf(f))));
  }
  const values = shape.selem === 1 ? registers.map((_, i) => b.vget(64, pieces[i >> 1]!, i & 1)) : deinterleaved(b, shape, f.size, pieces);
  registers.forEach((r, i) => { setElement(b, 64, b.add(b.operand(f.d), b.i32(r)), values[i]!); });
}

/** What the registers get of structures in memory. */
function deinterleaved(b: Builder, shape: Shape, size: number, pieces: readonly V128[]): I64[] {
  const from = registersOf(shape).map(() => new Array<number>(16).fill(-1));
  for (let at = 0; at < 8 * from.length; at++) {
    const to = registerByte(shape, size, at);
    (from[to >> 4] as number[])[to & 15] = at;
  }
  return from.map(places => b.vget(64, pick(b, pieces, places), 0));
}

function store(b: Builder, shape: Shape, f: Form & { readonly d: Operand }, address: I64): void {
  const registers = registersOf(shape);
  const total = 8 * registers.length;
  const values = registers.map(r => b.vsplat(64, element(b, 64, b.add(b.operand(f.d), b.i32(r)))));
  for (let at = 0; at < total; at += 16) {
    const from = Array.from({ length: 16 }, (_, i) => (at + i < total ? registerByte(shape, f.size, at + i) : -1));
    const [low, high] = [values[at / 8]!, values[at / 8 + 1]];
    const piece = shape.selem > 1 ? pick(b, values, from) : high === undefined ? low : shuffleLanes(b, 64, low, high, [0, 2]);
    const access = accessOf((1 << f.size) as 1 | 2 | 4 | 8, at ? 1 : alignmentOf(f));
    b.storeV(b.add(address, b.i64(at)), piece, total - at < 16 ? 8 : 16, access);
  }
}

/** Registers side by side are written as a range. */
function listOf(first: number, numbers: readonly number[], inc: number): string {
  const names = [...numbers].sort((x, y) => x - y).map(n => `d${first + n}`);
  if (names.length === 1) return `{${names[0] as string}}`;
  return inc === 1 ? `{${names[0] as string}-${names.at(-1) as string}}` : `{${names.join(',')}}`;
}

export const simdStructures: readonly Both[] = shapes.map(shape => {
  const registers = registersOf(shape);
  // VLD2 of four registers has pairs in d, d + 2 and d + 1, d + 3: all side by side.
  const inc = shape.rpt === 2 ? 1 : shape.inc;
  const title = `VLD${shape.selem}, VST${shape.selem} (multiple, ${registers.length} registers${inc === 2 ? ', every second' : ''})`;
  return simdMemory(title, `0 D:1 L!1 0 Rn:4 Vd:4 ${fixed(shape.type)} size!2 align!2 Rm:4`, {
    // CONSTRAINED UNPREDICTABLE with R15 as the base, or past D31: we choose UNDEFINED
    valid: f => isAllocated(shape, f) && f.Rn !== PC && dOf(f.D, f.Vd) + Math.max(...registers) < 32,
    derive: f => ({ d: dOf(f.D, f.Vd) }),
    asm: f => `v${f.L ? 'ld' : 'st'}${shape.selem}.${8 << f.size}\t${listOf(dOf(f.D, f.Vd), registers, inc)}, ${addressName(f, alignmentOf(f))}`,
    exec(b, f) {
      const address = baseOf(b, f.Rn);
      (f.L ? load : store)(b, shape, f, address);
      writeBack(b, f, 8 * registers.length);
    },
  });
});
