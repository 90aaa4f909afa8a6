/**
 * Fixed bits in the pattern of a family of entries. The type of a pattern comes from its fields only, so whatever
 * the bits are, they pass as '0' there; `insn()` reads what they really are.
 */
export const fixed = (bits: string | number): '0' => String(bits) as '0';
