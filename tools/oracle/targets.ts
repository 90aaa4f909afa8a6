/** The guests that the fuzzer knows. */
import { aarch64 } from './aarch64/blocks.ts';
import type { Target } from './blocks/target.ts';

const targets: Readonly<Record<string, Target>> = { aarch64: aarch64 as unknown as Target };

/** Throws a RangeError for a name that there is no guest of. */
export function targetNamed(name: string): Target {
  const found = targets[name];
  if (!found) throw new RangeError(`no guest '${name}'; there are ${Object.keys(targets).join(', ')}`);
  return found;
}
