/**
 * What GICR_PROPBASER, GICR_PENDBASER, GITS_CBASER and GITS_BASERn have in common: 64 bits that may be written by halves, and the
 * memory attributes of a table. IHI 0069 12.11.27: attributes that aren't supported read back as others. As in KVM, whose tables
 * are cached.
 */
const SHAREABILITY = 10n;
const OUTER_SHAREABLE = 2n;
const INNER_SHAREABLE = 1n;
/** Bits 61:59 of the ITS's registers, 9:7 of the redistributors'. */
const ITS_INNER = 59n;
const GICR_INNER = 7n;
/** 55:53 and 58:56. */
const ITS_OUTER = 53n;
const GICR_OUTER = 56n;
const DEVICE_NGNRNE = 0n;
const NON_CACHEABLE = 1n;
const READ_ALLOCATE_WRITE_BACK = 3n;

/** A 64-bit register after a write of the half at this offset. */
export const withHalf = (before: bigint, offset: number, value: number): bigint =>
  offset & 4 ? (before & 0xffff_ffffn) | BigInt(value) << 32n : (before & ~0xffff_ffffn) | BigInt(value);

/** Attributes as they are kept. */
export const sanitised = (value: bigint, of: 'its' | 'redistributor' = 'its'): bigint => {
  const [inner, outer] = of === 'its' ? [ITS_INNER, ITS_OUTER] as const : [GICR_INNER, GICR_OUTER] as const;
  let result = field(value, SHAREABILITY, 3n, share => share === OUTER_SHAREABLE ? INNER_SHAREABLE : share);
  result = field(result, inner, 7n, cache => cache === DEVICE_NGNRNE || cache === NON_CACHEABLE ? READ_ALLOCATE_WRITE_BACK : cache);
  return field(result, outer, 7n, cache => cache === NON_CACHEABLE ? cache : 0n);
};

function field(value: bigint, shift: bigint, mask: bigint, change: (field: bigint) => bigint): bigint {
  return (value & ~(mask << shift)) | change(value >> shift & mask) << shift;
}
