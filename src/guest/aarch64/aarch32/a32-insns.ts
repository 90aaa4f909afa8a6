/** Every A32 instruction that we know, by the file that describes it. */
import type { Insn } from '../../../isa/insn.ts';
import { ofA32 } from './both.ts';
import { a32DataProcessing } from './insn/a32-data-processing.ts';
import { vfpConvert } from './insn/vfp-convert.ts';
import { vfpData } from './insn/vfp-data.ts';
import { vfpMemory } from './insn/vfp-memory.ts';
import { vfpMove } from './insn/vfp-move.ts';
import { unconditionalFirst } from './unconditional.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = unconditionalFirst({
  'a32-data-processing': a32DataProcessing,
  'a32-vfp-convert': ofA32(vfpConvert),
  'a32-vfp-data': ofA32(vfpData),
  'a32-vfp-memory': ofA32(vfpMemory),
  'a32-vfp-move': ofA32(vfpMove),
});

export const insns: readonly Insn[] = Object.values(groups).flat();
