/** Every A32 instruction that we know, by the file that describes it. */
import type { Insn } from '../../../isa/insn.ts';
import { ofA32 } from './both.ts';
import { a32DataProcessing } from './insn/a32-data-processing.ts';
import { bitFields } from './insn/bit-fields.ts';
import { branchesA32 } from './insn/branch.ts';
import { coprocessorA32 } from './insn/coprocessor.ts';
import { crc32 } from './insn/crc32.ts';
import { extensionsAndReversals } from './insn/extend-reverse.ts';
import { loadStoreExclusiveA32 } from './insn/ldst-exclusive.ts';
import { loadStoreExtra } from './insn/ldst-extra.ts';
import { preloadA32 } from './insn/ldst-hints.ts';
import { loadStoreMultipleA32 } from './insn/ldst-multiple.ts';
import { loadStoreWord } from './insn/ldst-word.ts';
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
import { statusRegister, statusRegisterA32 } from './insn/status-register.ts';
import { exceptionInsnsA32 } from './insn/system-exception.ts';
import { hintInsnsA32 } from './insn/system-hint.ts';
import { vfpConvert } from './insn/vfp-convert.ts';
import { vfpData } from './insn/vfp-data.ts';
import { vfpMemory } from './insn/vfp-memory.ts';
import { vfpMove } from './insn/vfp-move.ts';
import { unconditionalFirst } from './unconditional.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = unconditionalFirst({
  'a32-bit-fields': ofA32(bitFields),
  'a32-branch': branchesA32,
  'a32-coprocessor': coprocessorA32,
  'a32-crc32': ofA32(crc32),
  'a32-data-processing': a32DataProcessing,
  'a32-extend-reverse': ofA32(extensionsAndReversals),
  'a32-ldst-exclusive': loadStoreExclusiveA32,
  'a32-ldst-extra': loadStoreExtra,
  'a32-ldst-multiple': loadStoreMultipleA32,
  'a32-ldst-word': loadStoreWord,
  'a32-multiply': ofA32(multiplies),
  'a32-multiply-halves': ofA32(multipliesOfHalves),
  'a32-parallel': ofA32(parallelInsns),
  'a32-preload': preloadA32,
  'a32-saturate': ofA32(saturating),
  'a32-simd-by-scalar': ofA32(simdByScalar),
  'a32-simd-crypto': ofA32(simdCrypto),
  'a32-simd-dot': ofA32(simdDot),
  'a32-simd-element': ofA32(simdElement),
  'a32-simd-fp-complex': ofA32(simdFpComplex),
  'a32-simd-fp-long': ofA32(simdFpLong),
  'a32-simd-fp-three-same': ofA32(simdFpThreeSame),
  'a32-simd-fp-two-misc': ofA32(simdFpTwoMisc),
  'a32-simd-immediate': ofA32(simdImmediate),
  'a32-simd-permute': ofA32(simdPermute),
  'a32-simd-shift': ofA32(simdShift),
  'a32-simd-structures': ofA32(simdStructures),
  'a32-simd-three-different': ofA32(simdThreeDifferent),
  'a32-simd-three-same': ofA32(simdThreeSame),
  'a32-simd-two-misc': ofA32(simdTwoMisc),
  'a32-status-register': [...ofA32(statusRegister), ...statusRegisterA32],
  'a32-system-exception': exceptionInsnsA32,
  'a32-system-hint': hintInsnsA32,
  'a32-vfp-convert': ofA32(vfpConvert),
  'a32-vfp-data': ofA32(vfpData),
  'a32-vfp-memory': ofA32(vfpMemory),
  'a32-vfp-move': ofA32(vfpMove),
});

export const insns: readonly Insn[] = Object.values(groups).flat();
