/** Every A32 instruction that we know, by the file that describes it. */
import type { Insn } from '../../../isa/insn.ts';
import { a32DataProcessing } from './insn/a32-data-processing.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = {
  'a32-data-processing': a32DataProcessing,
};

export const insns: readonly Insn[] = Object.values(groups).flat();
