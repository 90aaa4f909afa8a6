/**
 * Declared layouts: all guest-visible state lies in the arena at places that a layout gives, so that generated
 * code, devices, snapshots and debuggers read the same bytes. A layout is a list of named fields in declared
 * order at natural alignment; `view` gives an object whose properties are those bytes.
 */
import type { Arena } from './arena.ts';

export type Scalar = 'u8' | 'u16' | 'u32' | 'u64' | 'v128';

/** What is declared: one scalar (`count` 1, `array` false) or an array of them. */
export interface Shape<T extends Scalar = Scalar, A extends boolean = boolean> {
  readonly type: T;
  readonly count: number;
  readonly array: A;
}

/** A declared shape with its place: `offset` is in bytes from the start of the state. */
export interface Field<T extends Scalar = Scalar, A extends boolean = boolean> extends Shape<T, A> {
  readonly name: string;
  readonly offset: number;
}

export const u8: Shape<'u8', false> = { type: 'u8', count: 1, array: false };
export const u16: Shape<'u16', false> = { type: 'u16', count: 1, array: false };
export const u32: Shape<'u32', false> = { type: 'u32', count: 1, array: false };
export const u64: Shape<'u64', false> = { type: 'u64', count: 1, array: false };
export const v128: Shape<'v128', false> = { type: 'v128', count: 1, array: false };

export function array<T extends Scalar>(of: Shape<T, false>, count: number): Shape<T, true> {
  return { type: of.type, count, array: true };
}

export const sizeOf = { u8: 1, u16: 2, u32: 4, u64: 8, v128: 16 } as const;

export type Shapes = Readonly<Record<string, Shape>>;
type Fields<S extends Shapes> = { readonly [K in keyof S]: Field<S[K]['type'], S[K]['array']> };

type ScalarValue<T extends Scalar> = T extends 'u64' | 'v128' ? bigint : number;
type ArrayValue<T extends Scalar> = T extends 'u64' | 'v128' ? BigUint64Array
  : T extends 'u32' ? Uint32Array : T extends 'u16' ? Uint16Array : Uint8Array;
/** u8..u32 are numbers, u64 and v128 bigints; an array is a typed array (two 64-bit elements, low first, for each v128). */
export type View<S extends Shapes> = {
  -readonly [K in keyof S]: S[K]['array'] extends true ? ArrayValue<S[K]['type']> : ScalarValue<S[K]['type']>;
};

export interface Layout<S extends Shapes = Shapes> {
  readonly fields: Fields<S>;
  /** Bytes, a multiple of 16. */
  readonly size: number;
  /** The state at byte `base` of the arena (16-byte aligned). */
  view(arena: Arena, base: number): View<S>;
}

export function defineLayout<S extends Shapes>(shapes: S): Layout<S> {
  const fields: Record<string, Field> = {};
  let end = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const size = sizeOf[shape.type];
    const offset = (end + size - 1) & -size;
    fields[name] = { ...shape, name, offset };
    end = offset + size * shape.count;
  }
  const size = (end + 15) & -16;
  const view = (arena: Arena, base: number): View<S> => {
    if (base % 16 !== 0) throw new RangeError(`layout base ${base} is not 16-byte aligned`);
    const target = {};
    for (const field of Object.values(fields)) Object.defineProperty(target, field.name, property(arena, base, field));
    // V8 makes so many accessors quick only where they are a prototype's.
    return Object.create(target) as View<S>;
  };
  return { fields: fields as Fields<S>, size, view };
}

function property(arena: Arena, base: number, field: Field): PropertyDescriptor {
  const at = base + field.offset;
  if (field.array) return { value: typedArray(arena, at, field), enumerable: true };
  switch (field.type) {
    case 'u8': return accessor8(arena.u8, at);
    case 'u16': return accessor16(arena.u16, at >>> 1);
    case 'u32': return accessor32(arena.u32, at >>> 2);
    case 'u64': return accessor64(arena.u64, at / 8);
    case 'v128': {
      const { u64: words } = arena;
      const i = at / 8;
      return {
        enumerable: true,
        get: () => (words[i] as bigint) | ((words[i + 1] as bigint) << 64n),
        set: (v: bigint) => { words[i] = BigInt.asUintN(64, v); words[i + 1] = BigInt.asUintN(64, v >> 64n); },
      };
    }
  }
}

// One function for each kind of array: V8 knows by the function what it reads.
const accessor8 = (words: Uint8Array, i: number): PropertyDescriptor =>
  ({ enumerable: true, get: () => words[i], set: (v: number) => { words[i] = v; } });
const accessor16 = (words: Uint16Array, i: number): PropertyDescriptor =>
  ({ enumerable: true, get: () => words[i], set: (v: number) => { words[i] = v; } });
const accessor32 = (words: Uint32Array, i: number): PropertyDescriptor =>
  ({ enumerable: true, get: () => words[i], set: (v: number) => { words[i] = v; } });
const accessor64 = (words: BigUint64Array, i: number): PropertyDescriptor =>
  ({ enumerable: true, get: () => words[i], set: (v: bigint) => { words[i] = v; } });

function typedArray(arena: Arena, at: number, field: Field): ArrayBufferView {
  const buffer = arena.memory.buffer;
  switch (field.type) {
    case 'u8': return new Uint8Array(buffer, at, field.count);
    case 'u16': return new Uint16Array(buffer, at, field.count);
    case 'u32': return new Uint32Array(buffer, at, field.count);
    case 'u64': return new BigUint64Array(buffer, at, field.count);
    case 'v128': return new BigUint64Array(buffer, at, field.count * 2);
  }
}
