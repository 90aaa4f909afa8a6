/** How entries of AdvSIMD integer instructions spell their names, sizes and operands. */
import { scalar, vector } from '../names.ts';

/** Whether `sizes`, some of 'bhsd', has the size 0..3. */
export const hasSize = (sizes: string, size: number): boolean => sizes.includes('bhsd'.charAt(size));
/** Bytes of an element. */
export const bytesOf = (size: number): 1 | 2 | 4 | 8 => (1 << size) as 1 | 2 | 4 | 8;

export const vectors = (Q: number, size: number, ...registers: number[]): string => registers.map(r => vector(Q, size, r)).join(', ');
export const scalars = (size: number, ...registers: number[]): string => registers.map(r => scalar(size, r)).join(', ');

/** The mnemonic with the "2" of the form that works on the upper half. */
export const second = (mnemonic: string, Q: number): string => (Q ? `${mnemonic}2` : mnemonic);
/** The manual's title for an instruction that has that form: SADDL, SADDL2. */
export const titleOfBoth = (mnemonic: string): string => `${mnemonic.toUpperCase()}, ${mnemonic.toUpperCase()}2`;
/** The signed (*) and unsigned name of a pair such as '*addl'. */
export const signedName = (name: string): string => name.replace('*', 's');
export const unsignedName = (name: string): string => name.replace('*', 'u');
