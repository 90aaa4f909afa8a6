/**
 * Advanced SIMD loads and stores of multiple structures: ARM DDI 0487, C4.1, "Advanced SIMD load/store multiple
 * structures". Memory is read and written in chunks of up to 16 bytes; interleaving is a permutation of their bytes. Where a chunk
 * faults those before it have been stored, and no register has been loaded: the manual leaves both open (D1.3.8).
 */
import type { Access, Builder, I64, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { lanes, reg, regSP, vectorList } from '../names.ts';
import { setV, setXorSP, V, X } from '../pseudocode.ts';
import { baseAddress } from './base-address.ts';
import { fpInsn } from './fp-access.ts';

/** How often the structures repeat over the registers, and elements of one structure, by `opcode`. */
const shapes: Readonly<Record<number, { readonly rpt: number; readonly selem: number }>> = {
  0: { rpt: 1, selem: 4 }, 2: { rpt: 4, selem: 1 }, 4: { rpt: 1, selem: 3 }, 6: { rpt: 3, selem: 1 },
  7: { rpt: 1, selem: 1 }, 8: { rpt: 1, selem: 2 }, 10: { rpt: 2, selem: 1 },
};
const shapeOf = (opcode: number): { readonly rpt: number; readonly selem: number } => shapes[opcode] ?? { rpt: 1, selem: 1 };
const registersOf = (opcode: number): number => shapeOf(opcode).rpt * shapeOf(opcode).selem;

interface Form { readonly Q: number; readonly opcode: number; readonly size: number }
/** Rt and those that follow it. */
export interface Registers { readonly Rt: Operand; readonly Rt1: Operand; readonly Rt2: Operand; readonly Rt3: Operand }

const isAllocated = (f: Form): boolean => f.opcode in shapes && (f.size !== 3 || f.Q === 1 || shapeOf(f.opcode).selem === 1);
export const following = (f: { readonly Rt: number }): { Rt1: number; Rt2: number; Rt3: number } =>
  ({ Rt1: (f.Rt + 1) % 32, Rt2: (f.Rt + 2) % 32, Rt3: (f.Rt + 3) % 32 });
/** Only elements have to be aligned, where anything has to be. */
const elements = (f: Form): Access => ({ element: (1 << f.size) as 1 | 2 | 4 | 8 });
const bytesOf = (f: Form): number => registersOf(f.opcode) * (f.Q ? 16 : 8);

/**
 * Where byte `at` of the structures in memory lies in the registers, these taken as one row of bytes, 16 to each.
 */
function registerByte(f: Form, at: number): number {
  const { selem } = shapeOf(f.opcode);
  if (selem === 1) return f.Q ? at : (at >> 3) * 16 + (at & 7);
  const element = at >> f.size;
  return (element % selem) * 16 + (Math.floor(element / selem) << f.size) + (at & ((1 << f.size) - 1));
}

/** 16 bytes picked out of a row of vectors; -1 picks a zero. */
export function pick(b: Builder, row: readonly V128[], from: readonly number[]): V128 {
  let result = b.v128(0n);
  row.forEach((source, i) => {
    if (!from.some(at => at >> 4 === i)) return;
    result = b.vshuffle(result, source, from.map((at, k) => (at >> 4 === i ? 16 + (at & 15) : k)));
  });
  return result;
}

function load(b: Builder, f: Form, t: Registers, address: I64): void {
  const registers = [t.Rt, t.Rt1, t.Rt2, t.Rt3].slice(0, registersOf(f.opcode));
  if (shapeOf(f.opcode).selem === 1) {
    const bytes = f.Q ? 16 : 8;
    const values = registers.map((_, i) => b.loadV(b.add(address, b.i64(i * bytes)), bytes, elements(f)));
    registers.forEach((r, i) => { setV(b, r, values[i] as V128); });
    return;
  }
  const total = bytesOf(f);
  const chunks: V128[] = [];
  for (let at = 0; at < total; at += 16) chunks.push(b.loadV(b.add(address, b.i64(at)), total - at < 16 ? 8 : 16, elements(f)));
  const from = registers.map(() => new Array<number>(16).fill(-1));
  for (let at = 0; at < total; at++) {
    const to = registerByte(f, at);
    (from[to >> 4] as number[])[to & 15] = at;
  }
  registers.forEach((r, i) => { setV(b, r, pick(b, chunks, from[i] as number[])); });
}

function store(b: Builder, f: Form, t: Registers, address: I64): void {
  const values = [t.Rt, t.Rt1, t.Rt2, t.Rt3].slice(0, registersOf(f.opcode)).map(r => V(b, r));
  if (shapeOf(f.opcode).selem === 1) {
    const bytes = f.Q ? 16 : 8;
    values.forEach((value, i) => { b.storeV(b.add(address, b.i64(i * bytes)), value, bytes, elements(f)); });
    return;
  }
  const total = bytesOf(f);
  for (let at = 0; at < total; at += 16) {
    const from = Array.from({ length: 16 }, (_, i) => (at + i < total ? registerByte(f, at + i) : -1));
    b.storeV(b.add(address, b.i64(at)), pick(b, values, from), total - at < 16 ? 8 : 16, elements(f));
  }
}

function spelling(L: number, f: Form & { readonly Rt: number; readonly Rn: number }): string {
  const { selem } = shapeOf(f.opcode);
  return `${L ? 'ld' : 'st'}${selem}\t${vectorList(f.Rt, registersOf(f.opcode), lanes(f.Q, f.size))}, [${regSP(1, f.Rn)}]`;
}

const MULTIPLE = fpInsn('LD1-LD4/ST1-ST4 (multiple structures)', '0 Q!1 0011000 L!1 000000 opcode!4 size!2 Rn:5 Rt:5', {
  valid: isAllocated,
  derive: following,
  asm: f => spelling(f.L, f),
  exec: (b, f) => (f.L ? load : store)(b, f, f, baseAddress(b, f.Rn)),
});

const MULTIPLE_post = fpInsn('LD1-LD4/ST1-ST4 (multiple structures, post-index)', '0 Q!1 0011001 L!1 0 Rm:5 opcode!4 size!2 Rn:5 Rt:5', {
  valid: isAllocated,
  derive: following,
  asm: f => `${spelling(f.L, f)}, ${f.Rm === 31 ? `#${bytesOf(f)}` : reg(1, f.Rm)}`,
  exec(b, f) {
    const address = baseAddress(b, f.Rn);
    const offset = postIndex(b, f.Rm, bytesOf(f));
    (f.L ? load : store)(b, f, f, address);
    setXorSP(b, f.Rn, b.add(address, offset));
  },
});

/** Rm 31 stands for the bytes transferred. */
export function postIndex(b: Builder, Rm: Operand, bytes: number): I64 {
  return b.select(b.eq(b.operand(Rm), b.i32(31)), b.i64(bytes), X(b, Rm, 64));
}

export const loadStoreStructures: readonly Insn[] = [MULTIPLE, MULTIPLE_post];
