/** Every instruction that we know, by the file that describes it. */
import type { Insn } from '../../isa/insn.ts';
import { branches } from './insn/branch.ts';
import { cryptoAes } from './insn/crypto-aes.ts';
import { cryptoSha } from './insn/crypto-sha.ts';
import { cryptoSha3 } from './insn/crypto-sha3.ts';
import { cryptoSm3 } from './insn/crypto-sm3.ts';
import { cryptoSm4 } from './insn/crypto-sm4.ts';
import { dataProcessingConditional } from './insn/dp-cond.ts';
import { flagManipulation } from './insn/dp-flags.ts';
import { dataProcessingImmediate } from './insn/dp-imm.ts';
import { dataProcessingRegister } from './insn/dp-reg.ts';
import { dataProcessingSources } from './insn/dp-sources.ts';
import { fpCompare } from './insn/fp-compare.ts';
import { fpConvert } from './insn/fp-convert.ts';
import { fpData } from './insn/fp-data.ts';
import { fpInteger } from './insn/fp-integer.ts';
import { loadStoreAtomic } from './insn/ldst-atomic.ts';
import { loadStoreElement } from './insn/ldst-element.ts';
import { loadStoreExclusive } from './insn/ldst-exclusive.ts';
import { loadStoreFp } from './insn/ldst-fp.ts';
import { loadStoreImmediate } from './insn/ldst-imm.ts';
import { loadStoreOffset } from './insn/ldst-offset.ts';
import { loadStoreOrdered } from './insn/ldst-ordered.ts';
import { loadStorePair } from './insn/ldst-pair.ts';
import { loadStoreStructures } from './insn/ldst-structures.ts';
import { pointerAuthentication } from './insn/pauth.ts';
import { authenticatedAddresses } from './insn/pauth-memory.ts';
import { simdAcross } from './insn/simd-across.ts';
import { simdBfloat } from './insn/simd-bfloat.ts';
import { simdByElement } from './insn/simd-by-element.ts';
import { simdCopy } from './insn/simd-copy.ts';
import { simdDot } from './insn/simd-dot.ts';
import { simdExtract } from './insn/simd-extract.ts';
import { simdFpByElement } from './insn/simd-fp-by-element.ts';
import { simdFpComplex } from './insn/simd-fp-complex.ts';
import { simdFpConvert } from './insn/simd-fp-convert.ts';
import { simdFpFixed } from './insn/simd-fp-fixed.ts';
import { simdFpImmediate } from './insn/simd-fp-immediate.ts';
import { simdFpLength } from './insn/simd-fp-length.ts';
import { simdFpLong } from './insn/simd-fp-long.ts';
import { simdFpReduce } from './insn/simd-fp-reduce.ts';
import { simdFpThreeSame } from './insn/simd-fp-three-same.ts';
import { simdFpTwoMisc } from './insn/simd-fp-two-misc.ts';
import { simdLogical } from './insn/simd-logical.ts';
import { simdMatrix } from './insn/simd-matrix.ts';
import { simdModifiedImmediate } from './insn/simd-modified-immediate.ts';
import { simdNarrow } from './insn/simd-narrow.ts';
import { simdPairwise } from './insn/simd-pairwise.ts';
import { simdPermute } from './insn/simd-permute.ts';
import { simdShiftImmediate } from './insn/simd-shift-immediate.ts';
import { simdShiftSize } from './insn/simd-shift-size.ts';
import { simdTable } from './insn/simd-table.ts';
import { simdThreeDifferent } from './insn/simd-three-different.ts';
import { simdThreeSame } from './insn/simd-three-same.ts';
import { simdTwoMisc } from './insn/simd-two-misc.ts';
import { sveArithmetic } from './insn/sve-arithmetic.ts';
import { sveFpArithmetic } from './insn/sve-fp-arithmetic.ts';
import { sveFpCompare } from './insn/sve-fp-compare.ts';
import { sveFpComplex } from './insn/sve-fp-complex.ts';
import { sveFpConvert } from './insn/sve-fp-convert.ts';
import { sveFpMultiplyAdd } from './insn/sve-fp-multiply-add.ts';
import { sveFpReduce } from './insn/sve-fp-reduce.ts';
import { sveFpTrigonometric } from './insn/sve-fp-trigonometric.ts';
import { sveFpUnary } from './insn/sve-fp-unary.ts';
import { svePermute } from './insn/sve-permute.ts';
import { svePermutePredicated } from './insn/sve-permute-predicated.ts';
import { svePredicate } from './insn/sve-predicate.ts';
import { sveReduce } from './insn/sve-reduce.ts';
import { svePredicateCount } from './insn/sve-predicate-count.ts';
import { svePredicateLogical } from './insn/sve-predicate-logical.ts';
import { svePredicatePermute } from './insn/sve-predicate-permute.ts';
import { sveElementCount } from './insn/sve-element-count.ts';
import { sveBfloat } from './insn/sve-bfloat.ts';
import { sveBroadcast } from './insn/sve-broadcast.ts';
import { sveContiguous } from './insn/sve-contiguous.ts';
import { sveFill } from './insn/sve-fill.ts';
import { sveFirstFault } from './insn/sve-first-fault.ts';
import { sveGather } from './insn/sve-gather.ts';
import { svePrefetch } from './insn/sve-prefetch.ts';
import { sveScatter } from './insn/sve-scatter.ts';
import { sveStructures } from './insn/sve-structures.ts';
import { sveArithmeticPredicated } from './insn/sve-arithmetic-predicated.ts';
import { sveShift } from './insn/sve-shift.ts';
import { sveCompare } from './insn/sve-compare.ts';
import { sveImmediate } from './insn/sve-immediate.ts';
import { sveAddress } from './insn/sve-address.ts';
import { sveDot } from './insn/sve-dot.ts';
import { exceptionInsns } from './insn/system-exception.ts';
import { hintInsns } from './insn/system-hint.ts';
import { operationInsns } from './insn/system-operation.ts';
import { systemRegisterInsns } from './insn/system-register.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = {
  branch: branches,
  'crypto-aes': cryptoAes,
  'crypto-sha': cryptoSha,
  'crypto-sha3': cryptoSha3,
  'crypto-sm3': cryptoSm3,
  'crypto-sm4': cryptoSm4,
  'dp-cond': dataProcessingConditional,
  'dp-flags': flagManipulation,
  'dp-imm': dataProcessingImmediate,
  'dp-reg': dataProcessingRegister,
  'dp-sources': dataProcessingSources,
  'fp-compare': fpCompare,
  'fp-convert': fpConvert,
  'fp-data': fpData,
  'fp-integer': fpInteger,
  'ldst-atomic': loadStoreAtomic,
  'ldst-element': loadStoreElement,
  'ldst-exclusive': loadStoreExclusive,
  'ldst-fp': loadStoreFp,
  'ldst-imm': loadStoreImmediate,
  'ldst-offset': loadStoreOffset,
  'ldst-ordered': loadStoreOrdered,
  'ldst-pair': loadStorePair,
  'ldst-structures': loadStoreStructures,
  pauth: pointerAuthentication,
  'pauth-memory': authenticatedAddresses,
  'simd-across': simdAcross,
  'simd-bfloat': simdBfloat,
  'simd-by-element': simdByElement,
  'simd-copy': simdCopy,
  'simd-dot': simdDot,
  'simd-extract': simdExtract,
  'simd-fp-by-element': simdFpByElement,
  'simd-fp-complex': simdFpComplex,
  'simd-fp-convert': simdFpConvert,
  'simd-fp-fixed': simdFpFixed,
  'simd-fp-immediate': simdFpImmediate,
  'simd-fp-length': simdFpLength,
  'simd-fp-long': simdFpLong,
  'simd-fp-reduce': simdFpReduce,
  'simd-fp-three-same': simdFpThreeSame,
  'simd-fp-two-misc': simdFpTwoMisc,
  'simd-logical': simdLogical,
  'simd-matrix': simdMatrix,
  'simd-modified-immediate': simdModifiedImmediate,
  'simd-narrow': simdNarrow,
  'simd-pairwise': simdPairwise,
  'simd-permute': simdPermute,
  'simd-shift-immediate': simdShiftImmediate,
  'simd-shift-size': simdShiftSize,
  'simd-table': simdTable,
  'simd-three-different': simdThreeDifferent,
  'simd-three-same': simdThreeSame,
  'simd-two-misc': simdTwoMisc,
  'sve-arithmetic': sveArithmetic,
  'sve-fp-arithmetic': sveFpArithmetic,
  'sve-fp-compare': sveFpCompare,
  'sve-fp-complex': sveFpComplex,
  'sve-fp-convert': sveFpConvert,
  'sve-fp-multiply-add': sveFpMultiplyAdd,
  'sve-fp-reduce': sveFpReduce,
  'sve-fp-trigonometric': sveFpTrigonometric,
  'sve-fp-unary': sveFpUnary,
  'sve-permute': svePermute,
  'sve-permute-predicated': svePermutePredicated,
  'sve-predicate': svePredicate,
  'sve-reduce': sveReduce,
  'sve-predicate-count': svePredicateCount,
  'sve-predicate-logical': svePredicateLogical,
  'sve-predicate-permute': svePredicatePermute,
  'sve-element-count': sveElementCount,
  'sve-bfloat': sveBfloat,
  'sve-broadcast': sveBroadcast,
  'sve-contiguous': sveContiguous,
  'sve-fill': sveFill,
  'sve-first-fault': sveFirstFault,
  'sve-gather': sveGather,
  'sve-prefetch': svePrefetch,
  'sve-scatter': sveScatter,
  'sve-structures': sveStructures,
  'sve-arithmetic-predicated': sveArithmeticPredicated,
  'sve-shift': sveShift,
  'sve-compare': sveCompare,
  'sve-immediate': sveImmediate,
  'sve-address': sveAddress,
  'sve-dot': sveDot,
  'system-exception': exceptionInsns,
  'system-hint': hintInsns,
  'system-operation': operationInsns,
  'system-register': systemRegisterInsns,
};

export const insns: readonly Insn[] = Object.values(groups).flat();
