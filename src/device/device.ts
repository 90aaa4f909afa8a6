/**
 * How a memory-mapped device is described: its state as a layout of the arena, its registers as a table from offset
 * to what a read and a write do. Access sizes, unknown offsets and reset are dealt with here, once for all devices.
 */
import type { Arena } from '../base/arena.ts';
import type { FdtNode } from '../base/devicetree.ts';
import { defineLayout, sizeOf, type Field, type Layout, type Shapes, type View } from '../base/layout.ts';
import type { Log } from '../base/log.ts';

/** A wire. Setting it to the level that it has is harmless. */
export interface Line {
  set(level: boolean): void;
}

/** Where a board puts a device, in the terms of its node in the device tree. */
export interface Placement {
  readonly reg: readonly number[];
  readonly interrupts: readonly number[];
  /** Phandles of the fixed clock and, where others refer to the device, of itself. */
  readonly clock: number;
  readonly phandle: number;
}

/** What a bus or a test sees of a device. */
export interface Device {
  readonly name: string;
  /** Bytes of address space. */
  readonly size: number;
  /** `bytes` is 1, 2 or 4; the value is unsigned, as the little-endian lanes at `offset` carry it. */
  read(offset: number, bytes: number): number;
  write(offset: number, bytes: number, value: number): void;
  reset(): void;
  /** Does what is due and gives the clock's time at which something will be due next. */
  tick(): bigint | undefined;
}

export interface Register<S, N> {
  readonly name: string;
  /** Bytes of address space, a multiple of 4. */
  readonly span: number;
  /** Narrow accesses reach the callbacks as they are, instead of being made into accesses of the whole register. */
  readonly exact: boolean;
  /** A narrow write keeps the register's other bytes, by reading it first. */
  readonly merge: boolean;
  readonly read?: (s: S, io: N, offset: number, bytes: number) => number;
  readonly write?: (s: S, io: N, value: number, offset: number, bytes: number) => void;
}

type Read<S, N> = (s: S, io: N, offset: number) => number;
type Write<S, N> = (s: S, io: N, value: number, offset: number) => void;
export interface RegisterKinds<S, N> {
  /** A register that is only read. */
  ro(name: string, read: Read<S, N>): Register<S, N>;
  /** A register that is only written; a narrow write leaves the other bits 0. */
  wo(name: string, write: Write<S, N>): Register<S, N>;
  /** A register that holds what was written: reading it has no effect. */
  rw(name: string, read: Read<S, N>, write: Write<S, N>): Register<S, N>;
  /** A register at which reads and writes are different things, such as the two ends of FIFOs. */
  port(name: string, read: Read<S, N>, write: Write<S, N>): Register<S, N>;
  /** `span` bytes that see each access with its own offset (from the start of the device) and size. */
  window(
    name: string,
    span: number,
    read: (s: S, io: N, offset: number, bytes: number) => number,
    write: (s: S, io: N, value: number, offset: number, bytes: number) => void,
  ): Register<S, N>;
}

/** The kinds of registers for a device with this state and these needs. */
export const registers = <S, N>(): RegisterKinds<S, N> => ({
  ro: (name, read) => ({ name, span: 4, exact: false, merge: false, read }),
  wo: (name, write) => ({ name, span: 4, exact: false, merge: false, write }),
  rw: (name, read, write) => ({ name, span: 4, exact: false, merge: true, read, write }),
  port: (name, read, write) => ({ name, span: 4, exact: false, merge: false, read, write }),
  window: (name, span, read, write) => ({ name, span, exact: true, merge: false, read, write }),
});

/** The same register at `span / 4` addresses; which one is in the callbacks' `offset`. */
export const spread = <S, N>(span: number, register: Register<S, N>): Register<S, N> => ({ ...register, span });

/** Peripheral and PrimeCell identification registers at 0xfe0..0xffc (ARM DDI 0183 3.3.14 and its like in every PrimeCell). */
export function primeCellIds<S, N>(ids: readonly number[]): Record<number, Register<S, N>> {
  const name = (i: number): string => (i < 4 ? `PeriphID${i}` : `PCellID${i - 4}`);
  return Object.fromEntries(ids.map((id, i) => [0xfe0 + 4 * i, registers<S, N>().ro(name(i), () => id)]));
}

/** Says what a device needs from outside, as a type: `needs: needs<{ irq: Line }>()`. */
export const needs = <N>(): { readonly type?: N } => ({});

export interface DeviceDefinition<S extends Shapes, N> {
  readonly name: string;
  /** The document that the device follows. */
  readonly doc: string;
  readonly size: number;
  readonly needs: { readonly type?: N };
  readonly state: S;
  readonly regs: Readonly<Record<number, Register<View<NoInfer<S>>, NoInfer<N>>>>;
  /** State that a reset leaves alone; all other state becomes 0 before `reset` is called. */
  readonly keep?: readonly (keyof S & string)[];
  readonly reset?: (s: View<NoInfer<S>>, io: NoInfer<N>) => void;
  readonly tick?: (s: View<NoInfer<S>>, io: NoInfer<N>) => bigint | undefined;
  readonly fdt?: (at: Placement) => FdtNode;
}

/** A device in a machine; its own file's functions reach its state and surroundings through it. */
export interface Instance<S extends Shapes, N> extends Device {
  readonly state: View<S>;
  readonly io: N;
}

export interface DeviceType<S extends Shapes, N> extends DeviceDefinition<S, N> {
  readonly layout: Layout<S>;
  create(arena: Arena, io: N): Instance<S, N>;
}
export type InstanceOf<D> = D extends DeviceType<infer S, infer N> ? Instance<S, N> : never;

export function defineDevice<S extends Shapes, N extends { log: Log }>(definition: DeviceDefinition<S, N>): DeviceType<S, N> {
  const layout = defineLayout(definition.state);
  const byWord = new Map<number, Register<View<S>, N>>();
  for (const [key, register] of Object.entries(definition.regs)) {
    for (let at = Number(key); at < Number(key) + register.span; at += 4) {
      if (byWord.has(at) || at % 4 !== 0 || at >= definition.size)
        throw new RangeError(`${definition.name}: ${register.name} at ${at} overlaps`);
      byWord.set(at, register);
    }
  }
  return { ...definition, layout, create: (arena, io) => createInstance(definition, layout, byWord, arena, io) };
}

const WIDTH_MASK: Readonly<Record<number, number>> = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff };

function createInstance<S extends Shapes, N extends { log: Log }>(
  definition: DeviceDefinition<S, N>,
  layout: Layout<S>,
  byWord: ReadonlyMap<number, Register<View<S>, N>>,
  arena: Arena,
  io: N,
): Instance<S, N> {
  const { name, size } = definition;
  const base = arena.alloc(Math.max(layout.size, 16));
  const state = layout.view(arena, base);
  const kept = new Set<string>(definition.keep ?? []);
  const report = (what: string, offset: number, bytes: number): void => {
    if (io.log.on('guest_errors')) io.log.write('guest_errors', `${name}: ${what} at 0x${offset.toString(16)}, ${bytes} bytes`);
  };

  const instance: Instance<S, N> = {
    name,
    size,
    state,
    io,
    read(offset, bytes) {
      const word = offset & ~3;
      const register = byWord.get(word);
      if (!register?.read || (offset & 3) + bytes > 4) {
        report(register ? `read of ${register.name}, which can't be read so` : 'read of no register', offset, bytes);
        return 0;
      }
      if (register.exact) return register.read(state, io, offset, bytes) >>> 0;
      const value = register.read(state, io, word, 4);
      return ((value >>> (8 * (offset & 3))) & (WIDTH_MASK[bytes] ?? 0)) >>> 0;
    },
    write(offset, bytes, value) {
      const word = offset & ~3;
      const register = byWord.get(word);
      if (!register?.write || (offset & 3) + bytes > 4) {
        report(register ? `write to ${register.name}, which can't be written so` : 'write to no register', offset, bytes);
        return;
      }
      if (register.exact) {
        register.write(state, io, value >>> 0, offset, bytes);
        return;
      }
      const shift = 8 * (offset & 3);
      const mask = ((WIDTH_MASK[bytes] ?? 0) << shift) >>> 0;
      const others = register.merge && bytes < 4 && register.read ? register.read(state, io, word, 4) & ~mask : 0;
      register.write(state, io, (((value << shift) & mask) | others) >>> 0, word, 4);
    },
    reset() {
      for (const field of Object.values<Field>(layout.fields)) {
        if (kept.has(field.name)) continue;
        const at = base + field.offset;
        arena.u8.fill(0, at, at + field.count * sizeOf[field.type]);
      }
      definition.reset?.(state, io);
    },
    tick: () => definition.tick?.(state, io),
  };
  instance.reset();
  return instance;
}
