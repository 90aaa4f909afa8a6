/**
 * Helpers: what is awkward to say in operations (system registers, exceptions, rare floating point), written once in
 * TypeScript and called by every tier. Arguments and results cross as memory, in the CPU's argument slots, never as
 * BigInt parameters of a WebAssembly call.
 */
import type { Arena } from '../base/arena.ts';
import type { Field } from '../base/layout.ts';
import type { GuestEvent } from './arch.ts';
import type { I32, I64, V128 } from './builder.ts';

export type HelperType = 'i32' | 'i64' | 'v128';
type Handle<T> = T extends 'i32' ? I32 : T extends 'i64' ? I64 : T extends 'v128' ? V128 : void;

export interface Helper<A extends readonly HelperType[] = readonly HelperType[], R extends HelperType | 'void' = HelperType | 'void'> {
  readonly name: string;
  readonly args: A;
  readonly result: R;
  /** Which cached guest state it may read or write: none, the fields named, or anything. */
  readonly touches: 'none' | 'all' | readonly Field[];
  /** Whether it may throw a GuestEvent. 'always' ends the unit. */
  readonly raises: boolean | 'always';
  /** What `--stats` counts its calls among, beside all calls of helpers. */
  readonly counted: string | undefined;
  /**
   * The same without bigints, for the cases in which that can be had: on the argument slots and the result's, 16 bytes
   * each, as they lie in the arena. False where it is `run`'s after all; nothing but the result's slot has changed then.
   */
  readonly quick: ((cpu: never, arena: Arena, arg: number, result: number) => boolean) | undefined;
  /** All values are unsigned bigints of their width. `cpu` is the guest's CPU object. What always raises may return its event, which costs less. */
  readonly run: (cpu: never, ...args: bigint[]) => bigint | number | GuestEvent | void;
}

export type ArgsOf<H> = H extends { readonly args: infer A } ? { [K in keyof A]: Handle<A[K]> } : never;
export type ResultOf<H> = H extends { readonly result: infer R } ? Handle<R> : never;

/** Maximum number of arguments of a helper. */
export const HELPER_ARGS = 6;

export function defineHelper<Cpu, const A extends readonly HelperType[], const R extends HelperType | 'void'>(
  name: string,
  args: A,
  result: R,
  how: { touches?: Helper['touches']; raises?: Helper['raises']; counted?: string; quick?: (cpu: Cpu, arena: Arena, arg: number, result: number) => boolean },
  run: (cpu: Cpu, ...args: { [K in keyof A]: bigint }) => R extends 'void' ? GuestEvent | void : bigint | number,
): Helper<A, R> {
  if (args.length > HELPER_ARGS) throw new RangeError(`helper ${name} has more than ${HELPER_ARGS} arguments`);
  const { touches = 'none', raises = false, counted, quick } = how;
  return { name, args, result, touches, raises, counted, quick: quick as Helper['quick'], run: run as Helper['run'] };
}
