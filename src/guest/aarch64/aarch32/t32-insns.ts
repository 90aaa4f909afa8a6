/** Every T32 instruction that we know, by the file that describes it. */
import type { Insn } from '../../../isa/insn.ts';
import { ofT32 } from './both.ts';
import { t16DataProcessing } from './insn/t16-data-processing.ts';
import { t32DataProcessing } from './insn/t32-data-processing.ts';
import { vfpConvert } from './insn/vfp-convert.ts';
import { vfpData } from './insn/vfp-data.ts';
import { vfpMemory } from './insn/vfp-memory.ts';
import { vfpMove } from './insn/vfp-move.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = {
  't16-data-processing': t16DataProcessing,
  't32-data-processing': t32DataProcessing,
  't32-vfp-convert': ofT32(vfpConvert),
  't32-vfp-data': ofT32(vfpData),
  't32-vfp-memory': ofT32(vfpMemory),
  't32-vfp-move': ofT32(vfpMove),
};

export const insns: readonly Insn[] = Object.values(groups).flat();
