/** What the data area holds when a block starts: numbers of all sizes and floating-point numbers of all kinds. */
import { Random } from '../../../src/base/random.ts';
import { laneValue } from '../../../test/engines/inputs.ts';
import { DATA_BYTES } from './target.ts';

export const dataArea: Uint8Array = (() => {
  const random = new Random(0x0b10_c5da);
  const words = BigUint64Array.from({ length: DATA_BYTES / 8 }, () => laneValue(random, 64));
  return new Uint8Array(words.buffer);
})();
