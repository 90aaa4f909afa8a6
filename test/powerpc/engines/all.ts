/** The engines that every PowerPC instruction's tests run on, the reference first. */
import type { Decoder } from '../../../src/isa/decode.ts';
import { Compiled } from './compiled.ts';
import type { Engine, VariantName } from './engine.ts';
import { Reference } from './reference.ts';

const makers: Readonly<Record<string, (variant: VariantName, decode?: Decoder) => Engine>> = {
  reference: (variant, decode) => new Reference(variant, decode),
  cold: (variant, decode) => new Compiled('cold', variant, decode),
  jit: (variant, decode) => new Compiled('jit', variant, decode),
};

export const engineNames: readonly string[] = Object.keys(makers);

/** Throws a RangeError for a name that there is no engine of. */
export function createEngine(name: string, variant: VariantName, decode?: Decoder): Engine {
  const make = makers[name];
  if (!make) throw new RangeError(`no engine '${name}'; there are ${engineNames.join(', ')}`);
  return make(variant, decode);
}
