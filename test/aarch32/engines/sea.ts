/** Instructions among what ends a run, as QEMU's program has them. */
import { BKPT, CODE, FILLER, MAX_BYTES, SEA } from './engine.ts';

/** The sea with code in it. Behind T32's stands what ends a run even under a condition. */
export function fillSea(sea: Uint8Array, code: Uint8Array, thumb: boolean): void {
  const halves = new Uint16Array(sea.buffer, sea.byteOffset, sea.length / 2);
  const at = Number(CODE - SEA);
  halves.fill(FILLER);
  if (thumb) halves.fill(BKPT, at / 2, (at + MAX_BYTES) / 2);
  sea.set(code, at);
}
