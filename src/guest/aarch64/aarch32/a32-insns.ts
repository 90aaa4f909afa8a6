/** Every A32 instruction that we know, by the file that describes it. */
import type { Insn } from '../../../isa/insn.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = {
};

export const insns: readonly Insn[] = Object.values(groups).flat();
