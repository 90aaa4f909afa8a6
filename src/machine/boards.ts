/** Every board, by the name that it has on the command line. */
import { bare } from './bare.ts';
import type { Board } from './board.ts';
import { virt } from './virt.ts';

export type BoardName = 'virt' | 'bare';
export const boards: Readonly<Record<BoardName, Board>> = { virt, bare };
