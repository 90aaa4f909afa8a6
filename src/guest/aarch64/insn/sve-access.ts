/** SVE's instructions: they trap while CPACR_EL1.ZEN or FPEN says so (CheckSVEEnabled). */
import { insn, type Description, type Insn } from '../../../isa/insn.ts';

/** `SVE ` goes before the name, as many titles of the manual are AdvSIMD's, too; what `feature` names is needed beside SVE. */
// biome-ignore lint/complexity/noBannedTypes: no derived fields is the empty record
export function sveInsn<const P extends string, D extends Record<string, number | bigint> = {}>(
  name: string,
  pattern: P,
  description: Description<P, D>,
): Insn {
  const { feature } = description;
  return insn<P, D>(`SVE ${name}`, pattern, { ...description, requires: 'SVE', feature: feature === undefined ? 'SVE' : ['SVE', feature].flat() });
}
