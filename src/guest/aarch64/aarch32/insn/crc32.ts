/** Checksums: ARM DDI 0487, F5.1, CRC32, CRC32C. */
import { CRC32, CRC32C } from '../../crc32.ts';
import { cond, regs, spelt } from '../names.ts';
import { noPC, type Pair, pair } from '../pairs.ts';
import { Rnot15, setR } from '../pseudocode.ts';

const CRC = pair('CRC32', '00010 sz!2 0 Rn:4 Rd:4 00 C!1 00100 Rm:4', '11111010110 C!1 Rn:4 1111 Rd:4 10 sz!2 Rm:4', {
  feature: 'CRC32',
  // CONSTRAINED UNPREDICTABLE under an A32 condition: we choose UNDEFINED.
  valid: f => cond(f) === '' && f.sz !== 3 && noPC(f.Rn, f.Rd, f.Rm),
  asm: f => spelt(`crc32${f.C ? 'c' : ''}${'bhw'[f.sz]}`, f, regs(f.Rd, f.Rn, f.Rm)),
  exec: (b, f) => setR(b, f.Rd, b.call(f.C ? CRC32C : CRC32, Rnot15(b, f.Rn), b.extU(Rnot15(b, f.Rm)), b.i32(1 << f.sz))),
});

export const crc32: readonly Pair[] = [CRC];
