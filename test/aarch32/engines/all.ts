/** The engines that every instruction's tests run on. They must agree with the first one before anything is expected of them. */
import { Compiled } from './compiled.ts';
import type { Engine } from './engine.ts';
import { Reference } from './reference.ts';

const makers: Readonly<Record<string, () => Engine>> = {
  reference: () => new Reference(),
  cold: () => new Compiled('cold'),
  jit: () => new Compiled('jit'),
};

export const engineNames: readonly string[] = Object.keys(makers);

/** Throws a RangeError for a name that there is no engine of. */
export function createEngine(name: string): Engine {
  const make = makers[name];
  if (!make) throw new RangeError(`no engine '${name}'; there are ${engineNames.join(', ')}`);
  return make();
}
