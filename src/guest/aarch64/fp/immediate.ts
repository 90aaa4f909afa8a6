/** The 8-bit floating-point immediates (Arm ARM DDI 0487, J1: VFPExpandImm). */
import { formatOf, ones, pack, type FpSize } from './format.ts';

/** Sign, 3 bits of exponent, 4 of fraction. */
export function VFPExpandImm(imm8: number, N: FpSize): bigint {
  const { E, F } = formatOf(N);
  const top = (imm8 >> 6) & 1;
  const middle = top ? ones(E - 3) : 0n;
  const exponent = (BigInt(top ^ 1) << BigInt(E - 1)) | (middle << 2n) | BigInt((imm8 >> 4) & 3);
  return pack(N, imm8 >> 7, exponent, BigInt(imm8 & 15) << BigInt(F - 4));
}

/** The value as objdump prints it: 1.000000000000000000e+00. */
export function valueOf(imm8: number): string {
  const exponent = (((imm8 >> 4) & 7) ^ 4) + 1 - 4;
  const value = (imm8 >> 7 ? -1 : 1) * (1 + (imm8 & 15) / 16) * 2 ** exponent;
  return value.toExponential(18).replace(/e([+-])(\d)$/, 'e$10$2');
}
