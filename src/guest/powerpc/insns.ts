/** Every instruction that we know, by the file that describes it. */
import type { Insn } from '../../isa/insn.ts';
import { branches } from './insn/branch.ts';
import { fixedArithmetic } from './insn/fixed-arithmetic.ts';
import { fixedLoad } from './insn/fixed-load.ts';
import { fpArithmetic } from './insn/fp-arithmetic.ts';
import { fpLoad } from './insn/fp-load.ts';
import { fpMove } from './insn/fp-move.ts';

export const groups: Readonly<Record<string, readonly Insn[]>> = {
  branch: branches,
  'fixed-arithmetic': fixedArithmetic,
  'fixed-load': fixedLoad,
  'fp-arithmetic': fpArithmetic,
  'fp-load': fpLoad,
  'fp-move': fpMove,
};

export const insns: readonly Insn[] = Object.values(groups).flat();
