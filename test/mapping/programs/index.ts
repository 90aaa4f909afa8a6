/** All programs, for the oracle. */
import type { Program } from '../program.ts';
import { crossing } from './crossing.ts';
import { patching } from './patching.ts';
import { remapping } from './remapping.ts';

export const allPrograms: readonly Program[] = [...patching, ...crossing, ...remapping];
