/** Instructions that use the SIMD&FP registers: they trap while CPACR_EL1.FPEN says so (CheckFPEnabled64). */
import { insn, type Description, type Insn } from '../../../isa/insn.ts';

// biome-ignore lint/complexity/noBannedTypes: no derived fields is the empty record
export function fpInsn<const P extends string, D extends Record<string, number | bigint> = {}>(
  name: string,
  pattern: P,
  description: Description<P, D>,
): Insn {
  return insn<P, D>(name, pattern, { ...description, requires: 'FP' });
}
