/**
 * SVE contiguous loads and stores, non-temporal ones (the hint says nothing to us) and those of a quadword that is repeated, which with
 * vectors of 128 bits are the same: ARM DDI 0487, C4.1, "SVE Memory - Contiguous Load", "Contiguous Store with immediate offset" and
 * "with scalar offset".
 */
import type { Builder, I64, Operand } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { memory } from '../names.ts';
import { setV, V } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import { baseImmediate, baseRegister, elementName, indexed, scaledOffset, vectorMultiple } from '../sve/addressing.ts';
import { type ElementShape, loadElements, memoryBytes, packed, shapeOfDtype, storeElements } from '../sve/contiguous.ts';
import { z, zeroing } from '../sve/names.ts';
import { maskOf, P } from '../sve/predicate.ts';
import { sveInsn } from './sve-access.ts';

interface Transfer { readonly Pg: Operand; readonly Zt: Operand }

function load(b: Builder, f: Transfer, shape: ElementShape, address: I64): void {
  setV(b, f.Zt, loadElements(b, shape, address, packed(b, shape, maskOf(b, laneOf(shape.esz), P(b, f.Pg)))));
}

function store(b: Builder, f: Transfer, shape: ElementShape, address: I64): void {
  storeElements(b, shape, address, V(b, f.Zt), maskOf(b, laneOf(shape.esz), P(b, f.Pg)));
}

/** Elements that are the same size in memory and registers. */
const plain = (msz: number): ElementShape => ({ msz, esz: msz, signed: false });
const stored = (f: { readonly msz: number; readonly esz: number }): ElementShape => ({ ...f, signed: false });

const loaded = (esz: number, f: { readonly Zt: number; readonly Pg: number }): string => `{${z(esz, f.Zt)}}, ${zeroing(f.Pg)}, `;
const put = (esz: number, f: { readonly Zt: number; readonly Pg: number }): string => `{${z(esz, f.Zt)}}, p${f.Pg}, `;

/** Rm 31 isn't allocated. */
const hasIndex = (f: { readonly Rm: number }): boolean => f.Rm !== 31;
/** An offset in vectors, as bytes in memory. */
const inVectors = (shape: ElementShape, imm4: number): { offset: number } => ({ offset: scaledOffset(imm4, 4, memoryBytes(shape)) });

const loads: readonly Insn[] = [
  sveInsn('LD1 (scalar plus immediate)', '1010010 dtype!4 0 imm4:4 101 Pg:3 Rn:5 Zt:5', {
    derive: f => inVectors(shapeOfDtype(f.dtype), f.imm4),
    asm: f => `ld1${elementName(shapeOfDtype(f.dtype))}\t${loaded(shapeOfDtype(f.dtype).esz, f)}${vectorMultiple(f.Rn, f.imm4, 4)}`,
    exec: (b, f) => load(b, f, shapeOfDtype(f.dtype), baseImmediate(b, f.Rn, f.offset)),
  }),
  sveInsn('LD1 (scalar plus scalar)', '1010010 dtype!4 Rm:5 010 Pg:3 Rn:5 Zt:5', {
    valid: hasIndex,
    asm(f) {
      const shape = shapeOfDtype(f.dtype);
      return `ld1${elementName(shape)}\t${loaded(shape.esz, f)}${indexed(f.Rn, f.Rm, shape.msz)}`;
    },
    exec: (b, f) => load(b, f, shapeOfDtype(f.dtype), baseRegister(b, f.Rn, f.Rm, shapeOfDtype(f.dtype).msz)),
  }),
  sveInsn('LDNT1 (scalar plus immediate)', '1010010 msz!2 00 0 imm4:4 111 Pg:3 Rn:5 Zt:5', {
    overrides: ['SVE LD2-LD4 (scalar plus immediate)'],
    derive: f => inVectors(plain(f.msz), f.imm4),
    asm: f => `ldnt1${'bhwd'[f.msz]}\t${loaded(f.msz, f)}${vectorMultiple(f.Rn, f.imm4, 4)}`,
    exec: (b, f) => load(b, f, plain(f.msz), baseImmediate(b, f.Rn, f.offset)),
  }),
  sveInsn('LDNT1 (scalar plus scalar)', '1010010 msz!2 00 Rm:5 110 Pg:3 Rn:5 Zt:5', {
    overrides: ['SVE LD2-LD4 (scalar plus scalar)'],
    valid: hasIndex,
    asm: f => `ldnt1${'bhwd'[f.msz]}\t${loaded(f.msz, f)}${indexed(f.Rn, f.Rm, f.msz)}`,
    exec: (b, f) => load(b, f, plain(f.msz), baseRegister(b, f.Rn, f.Rm, f.msz)),
  }),
  sveInsn('LD1RQ (scalar plus immediate)', '1010010 msz!2 00 0 imm4:4 001 Pg:3 Rn:5 Zt:5', {
    derive: f => inVectors(plain(f.msz), f.imm4),
    asm: f => `ld1rq${'bhwd'[f.msz]}\t${loaded(f.msz, f)}${memory(f.Rn, scaledOffset(f.imm4, 4, 16))}`,
    exec: (b, f) => load(b, f, plain(f.msz), baseImmediate(b, f.Rn, f.offset)),
  }),
  sveInsn('LD1RQ (scalar plus scalar)', '1010010 msz!2 00 Rm:5 000 Pg:3 Rn:5 Zt:5', {
    valid: hasIndex,
    asm: f => `ld1rq${'bhwd'[f.msz]}\t${loaded(f.msz, f)}${indexed(f.Rn, f.Rm, f.msz)}`,
    exec: (b, f) => load(b, f, plain(f.msz), baseRegister(b, f.Rn, f.Rm, f.msz)),
  }),
];

const stores: readonly Insn[] = [
  sveInsn('ST1 (scalar plus immediate)', '1110010 msz!2 esz!2 0 imm4:4 111 Pg:3 Rn:5 Zt:5', {
    valid: f => f.msz <= f.esz,
    derive: f => inVectors(stored(f), f.imm4),
    asm: f => `st1${'bhwd'[f.msz]}\t${put(f.esz, f)}${vectorMultiple(f.Rn, f.imm4, 4)}`,
    exec: (b, f) => store(b, f, stored(f), baseImmediate(b, f.Rn, f.offset)),
  }),
  sveInsn('ST1 (scalar plus scalar)', '1110010 msz!2 esz!2 Rm:5 010 Pg:3 Rn:5 Zt:5', {
    valid: f => f.msz <= f.esz && f.Rm !== 31,
    asm: f => `st1${'bhwd'[f.msz]}\t${put(f.esz, f)}${indexed(f.Rn, f.Rm, f.msz)}`,
    exec: (b, f) => store(b, f, stored(f), baseRegister(b, f.Rn, f.Rm, f.msz)),
  }),
  sveInsn('STNT1 (scalar plus immediate)', '1110010 msz!2 00 1 imm4:4 111 Pg:3 Rn:5 Zt:5', {
    overrides: ['SVE ST2-ST4 (scalar plus immediate)'],
    derive: f => inVectors(plain(f.msz), f.imm4),
    asm: f => `stnt1${'bhwd'[f.msz]}\t${put(f.msz, f)}${vectorMultiple(f.Rn, f.imm4, 4)}`,
    exec: (b, f) => store(b, f, plain(f.msz), baseImmediate(b, f.Rn, f.offset)),
  }),
  sveInsn('STNT1 (scalar plus scalar)', '1110010 msz!2 00 Rm:5 011 Pg:3 Rn:5 Zt:5', {
    overrides: ['SVE ST2-ST4 (scalar plus scalar)'],
    valid: hasIndex,
    asm: f => `stnt1${'bhwd'[f.msz]}\t${put(f.msz, f)}${indexed(f.Rn, f.Rm, f.msz)}`,
    exec: (b, f) => store(b, f, plain(f.msz), baseRegister(b, f.Rn, f.Rm, f.msz)),
  }),
];

export const sveContiguous: readonly Insn[] = [...loads, ...stores];
