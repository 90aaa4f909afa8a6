/** The engines that every instruction's tests run on. They must agree with the first one before anything is expected of them. */
import { insns } from '../../src/guest/aarch64/insns.ts';
import { type Decoder, decoder } from '../../src/isa/decode.ts';
import { Compiled } from './compiled.ts';
import type { Engine } from './engine.ts';
import { Reference } from './reference.ts';

const makers: Readonly<Record<string, (decode: Decoder) => Engine>> = {
  reference: decode => new Reference(decode),
  cold: decode => new Compiled('cold', decode),
  jit: decode => new Compiled('jit', decode),
};

export const engineNames: readonly string[] = Object.keys(makers);

/** Throws a RangeError for a name that there is no engine of. */
export function createEngine(name: string, decode: Decoder = decoder(insns)): Engine {
  const make = makers[name];
  if (!make) throw new RangeError(`no engine '${name}'; there are ${engineNames.join(', ')}`);
  return make(decode);
}
