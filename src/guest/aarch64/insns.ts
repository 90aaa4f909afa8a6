/** Every instruction that we know. */
import type { Insn } from '../../isa/insn.ts';

export const insns: readonly Insn[] = [];
