/** PolynomialMult of the Arm ARM's shared pseudocode (DDI 0487, J1). */
export * from '../../../isa/vector/polynomial.ts';
