/** Words to text, in objdump's spelling. */
import type { Decoder } from './decode.ts';
import { extract } from './insn.ts';

/** Mnemonic, a tab, operands; `.inst` for a word that is no instruction. `pc` is the instruction's address. */
export function disassemble(decoder: Decoder, word: number, pc: bigint): string {
  const insn = decoder.decode(word);
  return insn ? insn.asm(extract(insn, word), pc) : `.inst\t0x${(word >>> 0).toString(16).padStart(8, '0')} ; undefined`;
}
