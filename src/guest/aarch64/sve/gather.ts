/**
 * Elements at addresses of their own: gathers, scatters, and the loads of which only the first element may fault (DDI 0487, C8.2; the
 * accesses are made by rising element number). There are four at most, each loaded or stored by itself where it is active. Registers
 * are written behind the last access, so that one that faults, or that a device answers, leaves a destination that is also the offsets'
 * register as it was.
 */
import type { Builder, Bytes, I32, I64, Operand, V128 } from '../../../isa/builder.ts';
import { setV, V } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import type { ElementShape } from './contiguous.ts';
import { isActive, loadWhere } from './element.ts';
import { P, readFFR, writeFFR } from './predicate.ts';

interface Transfer { readonly Pg: Operand; readonly Zt: Operand }

const elements = (esz: number): number[] => Array.from({ length: 16 >> esz }, (_, i) => i);
const bytesOf = (msz: number): Bytes => (1 << msz) as Bytes;

/** What is added to a scalar base: how the lanes of a vector are extended, and by how much they are shifted. */
export interface Offsets { readonly extend: 'unsigned' | 'signed' | 'none'; readonly scale: number }

/** The addresses of a base and the offsets in a vector's lanes. */
export function scalarPlusVector(b: Builder, base: I64, Zm: Operand, esz: number, { extend, scale }: Offsets): I64[] {
  const offsets = V(b, Zm);
  return elements(esz).map(e => {
    const lane = b.vget(laneOf(esz), offsets, e);
    const offset = extend === 'none' ? lane : extend === 'signed' ? b.signExtend(lane, 32) : b.and(lane, b.i64(0xffff_ffff));
    return b.add(base, b.shl(offset, b.i32(scale)));
  });
}

/** The addresses in a vector's lanes plus an offset that is the same for all. */
export function vectorPlusImmediate(b: Builder, Zn: Operand, esz: number, offset: Operand): I64[] {
  const bases = V(b, Zn);
  return elements(esz).map(e => b.add(b.vget(laneOf(esz), bases, e), b.extU(b.operand(offset))));
}

/** The lanes of elements as they were loaded. */
function lanesOf(b: Builder, { msz, esz, signed }: ElementShape, data: readonly I64[]): V128 {
  return data.reduce((all, value, e) =>
    b.vset(laneOf(esz), all, e, signed ? b.signExtend(value, (8 << msz) as 8 | 16 | 32) : value), b.v128(0n));
}

export function gather(b: Builder, f: Transfer, shape: ElementShape, addresses: readonly I64[]): void {
  const p = P(b, f.Pg);
  setV(b, f.Zt, lanesOf(b, shape, addresses.map((at, e) => loadWhere(b, isActive(b, p, shape.esz, e), at, bytesOf(shape.msz)))));
}

/** As `gather` up to the first element but the first active one that isn't plain memory: FFR is cleared from there on. */
export function gatherFirstFault(b: Builder, f: Transfer, shape: ElementShape, addresses: readonly I64[]): void {
  const p = P(b, f.Pg);
  let begun: I32 = b.i32(0);
  let going: I32 = b.i32(1);
  let kept: I32 = b.i32(0xffff);
  const data = addresses.map((at, e) => {
    const active = b.and(isActive(b, p, shape.esz, e), going);
    const another = b.and(active, begun);
    let memory = b.v128(0n);
    b.when(another, () => { memory = b.readable(at, bytesOf(shape.msz)); });
    const fails = b.and(another, b.eqz(b.and(b.wrap(b.vget(64, memory, 0)), b.i32(1))));
    kept = b.select(fails, b.i32((1 << (e << shape.esz)) - 1), kept);
    going = b.and(going, b.eqz(fails));
    begun = b.or(begun, active);
    return loadWhere(b, b.and(active, going), at, bytesOf(shape.msz));
  });
  setV(b, f.Zt, lanesOf(b, shape, data));
  writeFFR(b, b.and(readFFR(b), kept));
}

export function scatter(b: Builder, f: Transfer, { msz, esz }: ElementShape, addresses: readonly I64[]): void {
  const p = P(b, f.Pg);
  const data = V(b, f.Zt);
  addresses.forEach((at, e) => {
    b.when(isActive(b, p, esz, e), () => { b.store(at, b.vget(laneOf(esz), data, e), bytesOf(msz)); });
  });
}
