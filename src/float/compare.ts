/** The order of numbers (IEEE 754-2008, 5.11). */
import type { Unpacked } from './format.ts';

/** Negative, zero or positive as x < y, x = y or x > y; neither is a NaN. */
export function order(x: Unpacked, y: Unpacked): number {
  if (x.type === 'zero' && y.type === 'zero') return 0;
  const sx = x.type === 'zero' ? 0 : x.sign ? -1 : 1;
  const sy = y.type === 'zero' ? 0 : y.sign ? -1 : 1;
  if (sx !== sy) return sx - sy;
  return magnitudeOrder(x, y) * sx;
}

function magnitudeOrder(x: Unpacked, y: Unpacked): number {
  if (x.type === 'infinity' || y.type === 'infinity') return Number(x.type === 'infinity') - Number(y.type === 'infinity');
  const exp = Math.min(x.exp, y.exp);
  const a = x.mant << BigInt(x.exp - exp);
  const b = y.mant << BigInt(y.exp - exp);
  return a < b ? -1 : a > b ? 1 : 0;
}
