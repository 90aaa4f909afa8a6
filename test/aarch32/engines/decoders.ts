/** Decoders that know every A32 and every T32 instruction. */
import { insns as a32Insns } from '../../../src/guest/aarch64/aarch32/a32-insns.ts';
import { insns as t32Insns } from '../../../src/guest/aarch64/aarch32/t32-insns.ts';
import { decoder } from '../../../src/isa/decode.ts';

export const a32 = decoder(a32Insns);
export const t32 = decoder(t32Insns);
