/**
 * Advanced SIMD loads and stores of a single structure, to one lane or to all: ARM DDI 0487, C4.1, "Advanced SIMD
 * load/store single structure".
 */
import type { Builder, Bytes, I64, Lane } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { lanes, reg, regSP, vectorList } from '../names.ts';
import { setV, setVQ, setXorSP, V } from '../pseudocode.ts';
import { baseAddress } from './base-address.ts';
import { fpInsn } from './fp-access.ts';
import { following, postIndex, type Registers } from './ldst-structures.ts';

interface Form {
  readonly Q: number;
  readonly L: number;
  readonly R: number;
  readonly opcode: number;
  readonly S: number;
  readonly size: number;
}

interface Shape {
  /** Registers, and elements of the structure. */
  readonly selem: number;
  /** log2 of the element's bytes. */
  readonly scale: number;
  /** The lane, or undefined for all lanes (LD1R). */
  readonly index: number | undefined;
}

/** What the fields stand for; undefined where they are not allocated. */
function shapeOf(f: Form): Shape | undefined {
  const selem = ((f.opcode & 1) << 1 | f.R) + 1;
  const lane = (f.Q << 3) | (f.S << 2) | f.size;
  switch (f.opcode >> 1) {
    case 0: return { selem, scale: 0, index: lane };
    case 1: return f.size & 1 ? undefined : { selem, scale: 1, index: lane >> 1 };
    case 2:
      if (f.size === 0) return { selem, scale: 2, index: lane >> 2 };
      return f.size === 1 && !f.S ? { selem, scale: 3, index: f.Q } : undefined;
    default: return f.L && !f.S ? { selem, scale: f.size, index: undefined } : undefined;
  }
}

function transferElements(b: Builder, f: Form, t: Registers, address: I64): void {
  const { selem, scale, index } = shapeOf(f) as Shape;
  const registers = [t.Rt, t.Rt1, t.Rt2, t.Rt3].slice(0, selem);
  const bytes = (1 << scale) as Bytes;
  const lane = (8 << scale) as Lane;
  const at = (i: number): I64 => b.add(address, b.i64(i * bytes));
  if (!f.L) {
    registers.forEach((r, i) => { b.store(at(i), b.vget(lane, V(b, r), index as number), bytes); });
    return;
  }
  const elements = registers.map((_, i) => b.load(at(i), bytes));
  registers.forEach((r, i) => {
    const value = elements[i] as I64;
    if (index === undefined) setVQ(b, r, f.Q, b.vsplat(lane, value));
    else setV(b, r, b.vset(lane, V(b, r), index, value));
  });
}

function spelling(f: Form & { readonly Rt: number; readonly Rn: number }): string {
  const { selem, scale, index } = shapeOf(f) as Shape;
  const memory = `[${regSP(1, f.Rn)}]`;
  if (index === undefined) return `ld${selem}r\t${vectorList(f.Rt, selem, lanes(f.Q, scale))}, ${memory}`;
  return `${f.L ? 'ld' : 'st'}${selem}\t${vectorList(f.Rt, selem, 'bhsd'[scale] as string)}[${index}], ${memory}`;
}

const SINGLE = fpInsn('LD1-LD4/ST1-ST4 (single structure)', '0 Q!1 0011010 L!1 R!1 00000 opcode!3 S!1 size!2 Rn:5 Rt:5', {
  valid: f => shapeOf(f) !== undefined,
  derive: following,
  asm: f => spelling(f),
  exec: (b, f) => transferElements(b, f, f, baseAddress(b, f.Rn)),
});

const SINGLE_post = fpInsn('LD1-LD4/ST1-ST4 (single structure, post-index)', '0 Q!1 0011011 L!1 R!1 Rm:5 opcode!3 S!1 size!2 Rn:5 Rt:5', {
  valid: f => shapeOf(f) !== undefined,
  derive: following,
  asm(f) {
    const { selem, scale } = shapeOf(f) as Shape;
    return `${spelling(f)}, ${f.Rm === 31 ? `#${selem << scale}` : reg(1, f.Rm)}`;
  },
  exec(b, f) {
    const { selem, scale } = shapeOf(f) as Shape;
    const address = baseAddress(b, f.Rn);
    const offset = postIndex(b, f.Rm, selem << scale);
    transferElements(b, f, f, address);
    setXorSP(b, f.Rn, b.add(address, offset));
  },
});

export const loadStoreElement: readonly Insn[] = [SINGLE, SINGLE_post];
