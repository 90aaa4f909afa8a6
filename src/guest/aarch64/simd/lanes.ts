/** Integer operations on lanes, and which ones an instruction reads. */
export * from '../../../isa/vector/lanes.ts';

/** Which half of the sources a widening instruction reads: the second one in its "2" form (Q 1). */
export const halfOf = (Q: number): 'low' | 'high' => (Q ? 'high' : 'low');
