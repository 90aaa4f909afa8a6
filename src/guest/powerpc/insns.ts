/** Every instruction that we know, by the file that describes it. */
import type { Insn } from '../../isa/insn.ts';
import { branches } from './insn/branch.ts';
import { fixedArithmetic } from './insn/fixed-arithmetic.ts';
import { fixedCompare } from './insn/fixed-compare.ts';
import { fixedDivide } from './insn/fixed-divide.ts';
import { fixedLoad } from './insn/fixed-load.ts';
import { fixedLogical } from './insn/fixed-logical.ts';
import { fixedMultiply } from './insn/fixed-multiply.ts';
import { fixedRotate } from './insn/fixed-rotate.ts';
import { fpArithmetic } from './insn/fp-arithmetic.ts';
import { fpCompare } from './insn/fp-compare.ts';
import { fpLoad } from './insn/fp-load.ts';
import { fpMove } from './insn/fp-move.ts';
import { fpStatus } from './insn/fp-status.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = {
  branch: branches,
  'fixed-arithmetic': fixedArithmetic,
  'fixed-compare': fixedCompare,
  'fixed-divide': fixedDivide,
  'fixed-load': fixedLoad,
  'fixed-logical': fixedLogical,
  'fixed-multiply': fixedMultiply,
  'fixed-rotate': fixedRotate,
  'fp-arithmetic': fpArithmetic,
  'fp-compare': fpCompare,
  'fp-load': fpLoad,
  'fp-move': fpMove,
  'fp-status': fpStatus,
};

export const insns: readonly Insn[] = Object.values(groups).flat();
