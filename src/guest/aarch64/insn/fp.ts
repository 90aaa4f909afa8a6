/** All scalar floating-point instructions (DDI 0487, C4.1: "Data Processing -- Scalar Floating-Point"). */
import type { Insn } from '../../../isa/insn.ts';
import { fpCompare } from './fp-compare.ts';
import { fpConvert } from './fp-convert.ts';
import { fpData } from './fp-data.ts';
import { fpInteger } from './fp-integer.ts';

export const fp: readonly Insn[] = [...fpData, ...fpCompare, ...fpConvert, ...fpInteger];
