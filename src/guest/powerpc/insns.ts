/** Every instruction that we know, by the file that describes it. */
import type { Insn } from '../../isa/insn.ts';
import { branches } from './insn/branch.ts';
import { conditionRegister } from './insn/condition.ts';
import { decimal } from './insn/decimal.ts';
import { fixedArithmetic } from './insn/fixed-arithmetic.ts';
import { fixedCompare } from './insn/fixed-compare.ts';
import { fixedDivide } from './insn/fixed-divide.ts';
import { fixedLoad } from './insn/fixed-load.ts';
import { fixedLogical } from './insn/fixed-logical.ts';
import { fixedMultiply } from './insn/fixed-multiply.ts';
import { fixedRotate } from './insn/fixed-rotate.ts';
import { fixedStore } from './insn/fixed-store.ts';
import { fpArithmetic } from './insn/fp-arithmetic.ts';
import { fpCompare } from './insn/fp-compare.ts';
import { fpLoad } from './insn/fp-load.ts';
import { fpMove } from './insn/fp-move.ts';
import { fpStatus } from './insn/fp-status.ts';
import { multiples } from './insn/multiple.ts';
import { reservations } from './insn/reservation.ts';
import { specialPurpose } from './insn/special.ts';
import { storageControl } from './insn/storage.ts';
import { traps } from './insn/trap.ts';
import { vmxBits } from './insn/vmx-bits.ts';
import { vmxCompare } from './insn/vmx-compare.ts';
import { vmxExtract } from './insn/vmx-extract.ts';
import { vmxFloat } from './insn/vmx-float.ts';
import { vmxInteger } from './insn/vmx-integer.ts';
import { vmxLoad } from './insn/vmx-load.ts';
import { vmxMultiply } from './insn/vmx-multiply.ts';
import { vmxPermute } from './insn/vmx-permute.ts';
import { vmxShift } from './insn/vmx-shift.ts';
import { vmxStatus } from './insn/vmx-status.ts';
import { vectorScalar } from './insn/vsx.ts';
import { vsxLoad } from './insn/vsx-load.ts';
import { vsxPermute } from './insn/vsx-permute.ts';
import { vsxScalar } from './insn/vsx-scalar.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = {
  branch: branches,
  condition: conditionRegister,
  decimal,
  'fixed-arithmetic': fixedArithmetic,
  'fixed-compare': fixedCompare,
  'fixed-divide': fixedDivide,
  'fixed-load': fixedLoad,
  'fixed-logical': fixedLogical,
  'fixed-multiply': fixedMultiply,
  'fixed-rotate': fixedRotate,
  'fixed-store': fixedStore,
  'fp-arithmetic': fpArithmetic,
  'fp-compare': fpCompare,
  'fp-load': fpLoad,
  'fp-move': fpMove,
  'fp-status': fpStatus,
  multiple: multiples,
  reservation: reservations,
  special: specialPurpose,
  storage: storageControl,
  trap: traps,
  'vmx-bits': vmxBits,
  'vmx-compare': vmxCompare,
  'vmx-extract': vmxExtract,
  'vmx-float': vmxFloat,
  'vmx-integer': vmxInteger,
  'vmx-load': vmxLoad,
  'vmx-multiply': vmxMultiply,
  'vmx-permute': vmxPermute,
  'vmx-shift': vmxShift,
  'vmx-status': vmxStatus,
  vsx: vectorScalar,
  'vsx-load': vsxLoad,
  'vsx-permute': vsxPermute,
  'vsx-scalar': vsxScalar,
};

export const insns: readonly Insn[] = Object.values(groups).flat();
