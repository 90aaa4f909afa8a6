/** All programs, for the oracle. */
import type { Program } from '../program.ts';
import { crossing } from './crossing.ts';
import { executing } from './executing.ts';
import { patching } from './patching.ts';
import { remapping } from './remapping.ts';
import { tables } from './tables.ts';

export const allPrograms: readonly Program[] = [...patching, ...crossing, ...remapping, ...executing, ...tables];
