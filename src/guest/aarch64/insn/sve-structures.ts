/**
 * SVE loads and stores of structures of two to four elements, LD2..4 and ST2..4: ARM DDI 0487, C4.1, "SVE load multiple structures" and "SVE
 * store multiple structures". As with AdvSIMD's memory is accessed in pieces of 16 bytes, by rising address, and interleaving is a
 * permutation of their bytes, of data and predicate alike; no element lies in two pieces.
 */
import type { Builder, I64, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setV, V } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import { baseImmediate, baseRegister, indexed, scaledOffset, vectorMultiple } from '../sve/addressing.ts';
import { z, zeroing } from '../sve/names.ts';
import { maskOf, P } from '../sve/predicate.ts';
import { following, pick, type Registers } from './ldst-structures.ts';
import { sveInsn } from './sve-access.ts';

interface Form { readonly msz: number; readonly opc: number }
interface Listed extends Form { readonly Zt: number; readonly Pg: number }

const registersOf = (opc: number): number => opc + 1;
const successors = (f: { readonly Zt: number }): ReturnType<typeof following> => following({ Rt: f.Zt });
const imm4Offset = (f: { readonly imm4: number; readonly opc: number }): { offset: number } =>
  ({ offset: scaledOffset(f.imm4, 4, 16 * registersOf(f.opc)) });

/** Where byte `at` of the structures lies in a register, and in which. */
function place({ msz, opc }: Form, at: number): { readonly register: number; readonly byte: number } {
  const element = at >> msz;
  const n = registersOf(opc);
  return { register: element % n, byte: (Math.floor(element / n) << msz) + (at & ((1 << msz) - 1)) };
}

/** The predicate's lanes as the bytes of 16 of the structures, from `at` on. */
function pieceMask(b: Builder, f: Form, mask: V128, at: number): V128 {
  return b.vshuffle(mask, mask, Array.from({ length: 16 }, (_, i) => place(f, at + i).byte));
}

function pieces(opc: number): number[] {
  return Array.from({ length: registersOf(opc) }, (_, i) => i * 16);
}

const access = (msz: number): { element: 1 | 2 | 4 | 8 } => ({ element: (1 << msz) as 1 | 2 | 4 | 8 });
const lists = (t: Registers, opc: number): Registers['Rt'][] => [t.Rt, t.Rt1, t.Rt2, t.Rt3].slice(0, registersOf(opc));

function load(b: Builder, f: Form, t: Registers, address: I64, mask: V128): void {
  const loaded = pieces(f.opc).map(at => b.loadMasked(b.add(address, b.i64(at)), pieceMask(b, f, mask, at), 16, access(f.msz)));
  const from = loaded.map(() => new Array<number>(16).fill(-1));
  for (let at = 0; at < loaded.length * 16; at++) {
    const { register, byte } = place(f, at);
    from[register]![byte] = at;
  }
  lists(t, f.opc).forEach((r, i) => { setV(b, r, pick(b, loaded, from[i]!)); });
}

function store(b: Builder, f: Form, t: Registers, address: I64, mask: V128): void {
  const values = lists(t, f.opc).map(r => V(b, r));
  for (const at of pieces(f.opc)) {
    const from = Array.from({ length: 16 }, (_, i) => {
      const { register, byte } = place(f, at + i);
      return register * 16 + byte;
    });
    b.storeMasked(b.add(address, b.i64(at)), pick(b, values, from), pieceMask(b, f, mask, at), 16, access(f.msz));
  }
}

const lane = (f: Form): Lane => laneOf(f.msz);

function list(f: Listed): string {
  const n = registersOf(f.opc);
  const name = (i: number): string => z(f.msz, (f.Zt + i) % 32);
  if (n > 2 && f.Zt + n <= 32) return `{${name(0)}-${name(n - 1)}}`;
  return `{${Array.from({ length: n }, (_, i) => name(i)).join(', ')}}`;
}
const loading = (f: Listed): string => `ld${registersOf(f.opc)}${'bhwd'[f.msz]}\t${list(f)}, ${zeroing(f.Pg)}, `;
const storing = (f: Listed): string => `st${registersOf(f.opc)}${'bhwd'[f.msz]}\t${list(f)}, p${f.Pg}, `;

export const sveStructures: readonly Insn[] = [
  sveInsn('LD2-LD4 (scalar plus immediate)', '1010010 msz!2 opc!2 0 imm4:4 111 Pg:3 Rn:5 Zt:5', {
    valid: f => f.opc !== 0,
    derive: f => ({ ...successors(f), ...imm4Offset(f) }),
    asm: f => loading(f) + vectorMultiple(f.Rn, f.imm4, 4, registersOf(f.opc)),
    exec: (b, f) => load(b, f, { ...f, Rt: f.Zt }, baseImmediate(b, f.Rn, f.offset), maskOf(b, lane(f), P(b, f.Pg))),
  }),
  sveInsn('LD2-LD4 (scalar plus scalar)', '1010010 msz!2 opc!2 Rm:5 110 Pg:3 Rn:5 Zt:5', {
    valid: f => f.opc !== 0 && f.Rm !== 31,
    derive: successors,
    asm: f => loading(f) + indexed(f.Rn, f.Rm, f.msz),
    exec: (b, f) => load(b, f, { ...f, Rt: f.Zt }, baseRegister(b, f.Rn, f.Rm, f.msz), maskOf(b, lane(f), P(b, f.Pg))),
  }),
  sveInsn('ST2-ST4 (scalar plus immediate)', '1110010 msz!2 opc!2 1 imm4:4 111 Pg:3 Rn:5 Zt:5', {
    valid: f => f.opc !== 0,
    derive: f => ({ ...successors(f), ...imm4Offset(f) }),
    asm: f => storing(f) + vectorMultiple(f.Rn, f.imm4, 4, registersOf(f.opc)),
    exec: (b, f) => store(b, f, { ...f, Rt: f.Zt }, baseImmediate(b, f.Rn, f.offset), maskOf(b, lane(f), P(b, f.Pg))),
  }),
  sveInsn('ST2-ST4 (scalar plus scalar)', '1110010 msz!2 opc!2 Rm:5 011 Pg:3 Rn:5 Zt:5', {
    valid: f => f.opc !== 0 && f.Rm !== 31,
    derive: successors,
    asm: f => storing(f) + indexed(f.Rn, f.Rm, f.msz),
    exec: (b, f) => store(b, f, { ...f, Rt: f.Zt }, baseRegister(b, f.Rn, f.Rm, f.msz), maskOf(b, lane(f), P(b, f.Pg))),
  }),
];
