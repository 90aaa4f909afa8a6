/** Instructions among what ends a run, as QEMU's program has them. */
import { CODE, FILLER, SEA } from './engine.ts';

/** The sea with code in it. */
export function fillSea(sea: Uint8Array, code: Uint16Array): void {
  const halves = new Uint16Array(sea.buffer, sea.byteOffset, sea.length / 2);
  halves.fill(FILLER);
  halves.set(code, Number(CODE - SEA) / 2);
}
