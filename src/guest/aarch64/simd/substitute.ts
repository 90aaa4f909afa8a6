/** S-boxes as lookups. */
export * from '../../../isa/vector/substitute.ts';
