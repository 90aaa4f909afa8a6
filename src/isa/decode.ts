/** From a list of instruction descriptions to a decoder. Overlapping patterns are an error unless one is declared to override the other. */
import type { Insn } from './insn.ts';

export interface Decoder {
  readonly insns: readonly Insn[];
  /** The description that `word` is an instance of, or undefined where it is unallocated. */
  decode(word: number): Insn | undefined;
}
