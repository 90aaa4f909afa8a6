/** Floating-point operations as helpers: exact results, and what they do to FPSCR. */
import { defineHelper } from '../../../isa/call.ts';
import { floatingPointEnabled } from '../interrupt.ts';
import { fields, type CpuState } from '../state.ts';
import { settle } from './deferred.ts';
import { enabled, fpFast, withExceptions } from './fpscr.ts';
import { compute, widened } from './operations.ts';

export interface FpCpu {
  readonly state: CpuState;
}

/** `fpTrap` where the exception leaves the target as it was. */
export const SUPPRESSED = 2;

/** What helpers of floating point write besides their result. */
export const touches = [fields.FPSCR, fields.fpFast, fields.fpLast, fields.fpSince, fields.fpTrap];

export function setFPSCR(state: CpuState, FPSCR: number): void {
  state.FPSCR = FPSCR >>> 0;
  state.fpFast = fpFast(FPSCR);
}

/** Notes exceptions, and that an enabled one is among them. */
export function report(state: CpuState, raised: number): void {
  if (raised === 0) return;
  setFPSCR(state, withExceptions(state.FPSCR, raised));
  if (enabled(state.FPSCR, raised)) state.fpTrap = 1;
}

/** Arguments: `codeOf` the operation, FRA, FRB, FRC, and the target's old value, which it keeps where the result is suppressed. */
export const arithmeticExactly = defineHelper(
  'floating-point arithmetic',
  ['i32', 'i64', 'i64', 'i64', 'i64'],
  'i64',
  { touches },
  ({ state }: FpCpu, code, a, b, c, old) => {
    const { result, raised, suppressed } = compute(Number(code), state.FPSCR, a, b, c);
    // FPRF stays as it is, which may not be known yet.
    if (suppressed) settle(state);
    report(state, raised);
    if (suppressed) state.fpTrap = SUPPRESSED;
    return suppressed ? old : result;
  },
);

/** The interrupt of an enabled exception; the target is written by then, and PC is at the instruction. */
export const trapEnabled = defineHelper('enabled exception', [], 'void', { raises: true, touches: [fields.fpTrap] }, ({ state }: FpCpu) => {
  state.fpTrap = 0;
  throw floatingPointEnabled();
});

/** DOUBLE (4.6.2): of what lfs loads. */
export const doubleOf = defineHelper('DOUBLE', ['i32'], 'i64', {}, (_cpu: FpCpu, single) => widened(single));

/** SINGLE (4.6.3): what stfs stores. Bits that a single has no room for are cut off. */
export const singleOf = defineHelper('SINGLE', ['i64'], 'i32', {}, (_cpu: FpCpu, x) => narrowed(x));

export function narrowed(x: bigint): bigint {
  const exponent = (x >> 52n) & 0x7ffn;
  if (exponent > 896n || x << 1n === 0n || x === 1n << 63n) return ((x >> 32n) & 0xc000_0000n) | ((x >> 29n) & 0x3fff_ffffn);
  const fraction = (1n << 52n) | (x & 0xf_ffff_ffff_ffffn);
  // The manual leaves what is smaller than any single undefined; we choose zero.
  return ((x >> 32n) & 0x8000_0000n) | (exponent < 874n ? 0n : fraction >> (926n - exponent));
}
