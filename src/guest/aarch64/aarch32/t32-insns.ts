/** Every T32 instruction that we know, by the file that describes it. */
import type { Insn } from '../../../isa/insn.ts';
import { ofT32 } from './both.ts';
import { bitFields } from './insn/bit-fields.ts';
import { branchesT32 } from './insn/branch.ts';
import { coprocessorT32 } from './insn/coprocessor.ts';
import { crc32 } from './insn/crc32.ts';
import { extensionsAndReversals, extensionsAndReversals16 } from './insn/extend-reverse.ts';
import { itBlock } from './insn/it-block.ts';
import { loadStoreExclusiveT32 } from './insn/ldst-exclusive.ts';
import { preloadT32 } from './insn/ldst-hints.ts';
import { loadStoreMultipleT32 } from './insn/ldst-multiple.ts';
import { loadStoreT16, loadStoreT32 } from './insn/ldst-thumb.ts';
import { multipliesOfHalves } from './insn/multiply-halves.ts';
import { multiplies } from './insn/multiply.ts';
import { parallelInsns } from './insn/parallel.ts';
import { saturating } from './insn/saturate.ts';
import { simdByScalar } from './insn/simd-by-scalar.ts';
import { simdCrypto } from './insn/simd-crypto.ts';
import { simdDot } from './insn/simd-dot.ts';
import { simdElement } from './insn/simd-element.ts';
import { simdFpComplex } from './insn/simd-fp-complex.ts';
import { simdFpLong } from './insn/simd-fp-long.ts';
import { simdFpThreeSame } from './insn/simd-fp-three-same.ts';
import { simdFpTwoMisc } from './insn/simd-fp-two-misc.ts';
import { simdImmediate } from './insn/simd-immediate.ts';
import { simdPermute } from './insn/simd-permute.ts';
import { simdShift } from './insn/simd-shift.ts';
import { simdStructures } from './insn/simd-structures.ts';
import { simdThreeDifferent } from './insn/simd-three-different.ts';
import { simdThreeSame } from './insn/simd-three-same.ts';
import { simdTwoMisc } from './insn/simd-two-misc.ts';
import { statusRegister } from './insn/status-register.ts';
import { exceptionInsnsT32 } from './insn/system-exception.ts';
import { hintInsnsT32 } from './insn/system-hint.ts';
import { t16DataProcessing } from './insn/t16-data-processing.ts';
import { t32DataProcessing } from './insn/t32-data-processing.ts';
import { vfpConvert } from './insn/vfp-convert.ts';
import { vfpData } from './insn/vfp-data.ts';
import { vfpMemory } from './insn/vfp-memory.ts';
import { vfpMove } from './insn/vfp-move.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = {
  't16-data-processing': t16DataProcessing,
  't16-extend-reverse': extensionsAndReversals16,
  't16-it': itBlock,
  't16-ldst': loadStoreT16,
  't32-bit-fields': ofT32(bitFields),
  't32-branch': branchesT32,
  't32-coprocessor': coprocessorT32,
  't32-crc32': ofT32(crc32),
  't32-data-processing': t32DataProcessing,
  't32-extend-reverse': ofT32(extensionsAndReversals),
  't32-ldst': loadStoreT32,
  't32-ldst-exclusive': loadStoreExclusiveT32,
  't32-ldst-multiple': loadStoreMultipleT32,
  't32-multiply': ofT32(multiplies),
  't32-multiply-halves': ofT32(multipliesOfHalves),
  't32-parallel': ofT32(parallelInsns),
  't32-preload': preloadT32,
  't32-saturate': ofT32(saturating),
  't32-simd-by-scalar': ofT32(simdByScalar),
  't32-simd-crypto': ofT32(simdCrypto),
  't32-simd-dot': ofT32(simdDot),
  't32-simd-element': ofT32(simdElement),
  't32-simd-fp-complex': ofT32(simdFpComplex),
  't32-simd-fp-long': ofT32(simdFpLong),
  't32-simd-fp-three-same': ofT32(simdFpThreeSame),
  't32-simd-fp-two-misc': ofT32(simdFpTwoMisc),
  't32-simd-immediate': ofT32(simdImmediate),
  't32-simd-permute': ofT32(simdPermute),
  't32-simd-shift': ofT32(simdShift),
  't32-simd-structures': ofT32(simdStructures),
  't32-simd-three-different': ofT32(simdThreeDifferent),
  't32-simd-three-same': ofT32(simdThreeSame),
  't32-simd-two-misc': ofT32(simdTwoMisc),
  't32-status-register': ofT32(statusRegister),
  't32-system-exception': exceptionInsnsT32,
  't32-system-hint': hintInsnsT32,
  't32-vfp-convert': ofT32(vfpConvert),
  't32-vfp-data': ofT32(vfpData),
  't32-vfp-memory': ofT32(vfpMemory),
  't32-vfp-move': ofT32(vfpMove),
};

export const insns: readonly Insn[] = Object.values(groups).flat();
