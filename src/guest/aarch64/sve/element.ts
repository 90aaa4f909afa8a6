/** Single elements of a predicate, and loads that only happen where one is active. */
import type { Access, Builder, Bytes, I32, I64 } from '../../../isa/builder.ts';

/** Whether element `index`, of `1 << size` bytes, is active: 0 or 1. */
export const isActive = (b: Builder, p: I32, size: number, index: number): I32 => b.and(b.shrU(p, b.i32(index << size)), b.i32(1));

/** What is at the address where `active`, else 0, and no access. */
export function loadWhere(b: Builder, active: I32, address: I64, bytes: Bytes, access?: Access): I64 {
  let value = b.i64(0);
  b.when(active, () => { value = b.load(address, bytes, access); });
  return b.select(active, value, b.i64(0));
}
