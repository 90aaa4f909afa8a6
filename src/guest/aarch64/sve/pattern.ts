/** Predicate constraints: DecodePredCount of the Arm ARM's shared pseudocode (DDI 0487, J1) for vectors of 128 bits, and their names. */

/** Elements of 8 << size bits that the pattern counts. */
export function DecodePredCount(pattern: number, size: number): number {
  const elements = 16 >> size;
  // VL1 to VL8 and VL16: that many, or none where there are fewer.
  if (pattern >= 1 && pattern <= 8) return pattern <= elements ? pattern : 0;
  switch (pattern) {
    case 9: return elements === 16 ? 16 : 0;
    case 29: return elements - (elements % 4);
    case 30: return elements - (elements % 3);
    // POW2 and ALL: the number of elements is a power of 2.
    case 0: case 31: return elements;
    default: return 0;
  }
}

/** The predicate whose first `count` elements are active. */
export function firstElements(count: number, size: number): number {
  let bits = 0;
  for (let e = 0; e < count; e++) bits |= 1 << (e << size);
  return bits;
}

const named: Readonly<Record<number, string>> = { 0: 'pow2', 9: 'vl16', 10: 'vl32', 11: 'vl64', 12: 'vl128', 13: 'vl256', 29: 'mul4', 30: 'mul3' };

/** `, vl4`, `, all, mul #2`; nothing for all of them without a multiplier. */
export function patternName(pattern: number, multiplier = 1): string {
  const name = pattern === 31 ? 'all' : pattern >= 1 && pattern <= 8 ? `vl${pattern}` : (named[pattern] ?? `#${pattern}`);
  if (multiplier !== 1) return `, ${name}, mul #${multiplier}`;
  return pattern === 31 ? '' : `, ${name}`;
}
