/**
 * A device tree as plain data, so that devices and boards can describe themselves without knowing the blob's format
 * (Devicetree Specification v0.4, section 2.2).
 */

/** true: present without a value. number: one cell. number[]: cells. bigint: two cells. string[]: a string list. */
export type FdtValue = true | number | bigint | string | readonly number[] | readonly string[] | Uint8Array;

/** Properties and child nodes by name, in the order in which they are written. */
export interface FdtNode {
  readonly [name: string]: FdtValue | FdtNode;
}

export const isFdtNode = (v: FdtValue | FdtNode): v is FdtNode => typeof v === 'object' && !Array.isArray(v) && !(v instanceof Uint8Array);

/** `value` as the two cells that 64-bit addresses and sizes take. */
export const cells64 = (value: number): [number, number] => [Math.floor(value / 2 ** 32), value % 2 ** 32];
