/**
 * Which bits of identification registers a VM's user may change, as in Linux: downwards only, field by field, so that a VM
 * can look like one on a lesser host.
 */
import { sysregKey } from '../../../guest/aarch64/platform.ts';

const ID = (CRm: number, op2: number): number => sysregKey(3, 0, 0, CRm, op2);
export const CTR_EL0 = sysregKey(3, 3, 0, 0, 1);

/** The mask of bits hi..lo, pair by pair. */
const bits = (...ranges: readonly (readonly [hi: number, lo: number])[]): bigint =>
  ranges.reduce((mask, [hi, lo]) => mask | ((1n << BigInt(hi - lo + 1)) - 1n) << BigInt(lo), 0n);
const allBut = (...ranges: readonly (readonly [hi: number, lo: number])[]): bigint => bits([63, 0]) & ~bits(...ranges);

export const writable: ReadonlyMap<number, bigint> = new Map([
  [ID(4, 0), allBut([47, 44], [43, 40], [35, 32], [31, 28], [23, 20], [19, 16])], // PFR0: AMU, MPAM, SVE, RAS, AdvSIMD, FP
  [ID(4, 1), bits([35, 32], [7, 4], [3, 0])], // PFR1: CSV2_frac, SSBS, BT
  [ID(4, 4), bits([59, 52], [47, 40], [35, 32], [27, 16], [7, 0])], // ZFR0: F64MM, F32MM, I8MM, SM4, SHA3, B16B16, BF16, BitPerm, AES, SVEver
  [ID(5, 0), bits([39, 36], [23, 20], [11, 8], [3, 0])], // DFR0: DoubleLock, WRPs, PMUVer, DebugVer
  [ID(6, 0), allBut([3, 0])], // ISAR0
  [ID(6, 1), allBut([31, 28], [27, 24], [11, 8], [7, 4])], // ISAR1: GPI, GPA, API, APA
  [ID(6, 2), allBut([31, 28], [15, 12], [11, 8])], // ISAR2: APA3, GPA3
  [ID(7, 0), allBut([55, 48], [43, 40], [39, 36], [35, 32])], // MMFR0: TGran4_2, TGran64_2, TGran16_2
  [ID(7, 1), allBut([63, 60], [43, 40], [35, 32], [31, 28], [11, 8], [7, 4])], // MMFR1: HCX, TWED, XNX, VH, VMIDBits
  [ID(7, 2), allBut([59, 56], [51, 48], [43, 40], [39, 36], [27, 24], [23, 20])], // MMFR2: EVT, TTL, FWB, IDS, NV, CCIDX
  [ID(7, 3), bits([19, 16], [11, 8], [3, 0])], // MMFR3: S1POE, S1PIE, TCRX
  [CTR_EL0, bits([29, 29], [28, 28], [19, 16], [15, 14], [3, 0])], // DIC, IDC, DminLine, L1Ip, IminLine
]);

interface Field {
  readonly lo: number;
  readonly width: number;
  /** 15 is less than 0: it says that something is absent. */
  readonly signed: boolean;
}

/** TGran4 and TGran64 of MMFR0, DoubleLock of DFR0. */
const signed = new Set([ID(7, 0) << 6 | 28, ID(7, 0) << 6 | 24, ID(5, 0) << 6 | 36]);
const fieldsOfCTR: readonly Field[] = [[29, 1], [28, 1], [16, 4], [14, 2], [0, 4]].map(
  ([lo, width]) => ({ lo: lo!, width: width!, signed: false }));
const fieldsOf = (key: number): readonly Field[] =>
  key === CTR_EL0
    ? fieldsOfCTR
    : Array.from({ length: 16 }, (_, n) => ({ lo: 4 * n, width: 4, signed: signed.has(key << 6 | 4 * n) }));

const DebugVer_V8 = 6n;
const L1Ip_VIPT = 2n;

/** Whether the register may become `value` where `limit` is all that there is. */
export function isAllowed(key: number, value: bigint, limit: bigint): boolean {
  const mask = writable.get(key) ?? 0n;
  if ((value ^ limit) & ~mask) return false;
  if (key === ID(5, 0) && (value & 15n) < DebugVer_V8) return false;
  return fieldsOf(key).every(field => {
    const [wanted, most] = [extract(value, field), extract(limit, field)];
    // Two kinds of instruction cache have no order; any software is right on the one that knows less.
    if (key === CTR_EL0 && field.lo === 14) return wanted === most || wanted === L1Ip_VIPT;
    return wanted <= most;
  });
}

function extract(value: bigint, { lo, width, signed: isSigned }: Field): bigint {
  const field = BigInt.asUintN(width, value >> BigInt(lo));
  return isSigned ? BigInt.asIntN(width, field) : field;
}
