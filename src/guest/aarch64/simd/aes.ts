/** AES of the Arm ARM's shared pseudocode (DDI 0487, J1). */
export * from '../../../isa/vector/aes.ts';
