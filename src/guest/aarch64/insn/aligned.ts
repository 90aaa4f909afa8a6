/**
 * What atomic and ordered accesses have to be aligned to: ARM DDI 0487, B2.5.2, and AArch64.CheckAlignment of J1.1. With FEAT_LSE2
 * only what isn't in one aligned block of 16 bytes faults, and with SCTLR_EL1.nAA not even that where order is all that is asked for.
 * What B2.2.1.1 and B2.12 leave open of Device memory: aligned exclusives and atomics are done in memory that is mapped as Device, and
 * give an external abort where there is a device.
 */
import type { Access, Builder } from '../../../isa/builder.ts';
import { staged } from '../mode.ts';

const anywhere: Access = { within: 16, ordered: true };
const apart: Access = {};
const together: Access = { within: 16 };

/**
 * Exclusives, read-modify-write and compare-and-swap: `bytes` of all their elements. They are ordered whether they ask for it
 * or not: hosts have no cheaper ones.
 */
export const atomicAccess = (b: Builder, bytes: number): Access =>
  (b.mode & staged.LSE2 ? { align: bytes, within: 16, ordered: true } : { align: bytes, ordered: true });

/** A pair of registers: with FEAT_LSE2 one access where it lies in 16 bytes. */
export const pairAccess = (b: Builder): Access => (b.mode & staged.LSE2 ? together : apart);

/** Load-acquire and store-release. */
export const orderedAccess = (b: Builder, bytes: number): Access =>
  (b.mode & staged.LSE2 && b.mode & staged.nAA ? anywhere : atomicAccess(b, bytes));
