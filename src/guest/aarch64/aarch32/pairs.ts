/**
 * Instructions that A32 and T32 have with the same fields, described once. Their `asm` is spelt by names.ts, which sees by the fields
 * whether there is a condition.
 */
import type { Description, Insn } from '../../../isa/insn.ts';
import { a32, t32 } from './describe.ts';
import { PC } from './pseudocode.ts';

export interface Pair {
  readonly a32: Insn;
  readonly t32: Insn;
}

// biome-ignore-start lint/complexity/noBannedTypes: no derived fields is the empty record
/** `inA32` are the 28 bits behind the condition; `inT32` has the same fields in other places. `overrides` are names of pairs. */
export function pair<const P extends string, D extends Record<string, number | bigint> = {}>(
  name: string,
  inA32: P,
  inT32: string,
  description: Description<P, D>,
): Pair {
  const { overrides = [] } = description;
  const among = (set: string): Description<P, D> => ({ ...description, overrides: overrides.map(other => `${set} ${other}`) });
  return { a32: a32(name, inA32, among('A32')), t32: t32(name, inT32, among('T32') as Description<string, D>) };
}
// biome-ignore-end lint/complexity/noBannedTypes: as above

/** CONSTRAINED UNPREDICTABLE with R15 among these registers: we choose UNDEFINED. */
export const noPC = (...registers: readonly number[]): boolean => !registers.includes(PC);
