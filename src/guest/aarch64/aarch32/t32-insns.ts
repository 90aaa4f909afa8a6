/** Every T32 instruction that we know, by the file that describes it. */
import type { Insn } from '../../../isa/insn.ts';
import { t16DataProcessing } from './insn/t16-data-processing.ts';
import { t32DataProcessing } from './insn/t32-data-processing.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = {
  't16-data-processing': t16DataProcessing,
  't32-data-processing': t32DataProcessing,
};

export const insns: readonly Insn[] = Object.values(groups).flat();
