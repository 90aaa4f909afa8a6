/** Reads and writes of FPSCR as helpers (Power ISA 2.07B Book I, 4.6.9; the mffs of 3.0B). */
import { defineHelper } from '../../../isa/call.ts';
import type { CpuState } from '../state.ts';
import { settle } from './deferred.ts';
import { setFPSCR, touches, type FpCpu } from './exact.ts';
import { EXCEPTIONS, FEX, FX, summarised, VX } from './fpscr.ts';

/** The whole register, with DRN in bits 34..32. */
function whole(state: CpuState): bigint {
  settle(state);
  return (BigInt(state.DRN) << 32n) | BigInt(state.FPSCR);
}

const RESERVED = 1 << 11;

function write(state: CpuState, value: bigint): void {
  state.DRN = Number((value >> 32n) & 7n);
  setFPSCR(state, summarised(Number(BigInt.asUintN(32, value)) & ~RESERVED));
}

/** An exception bit and its enable that are both 1 now interrupt, whoever set them (Book III, 6.5.9). */
const trapIfEnabled = (state: CpuState): void => {
  if (state.FPSCR & FEX) state.fpTrap = 1;
};

export const readFPSCR = defineHelper('FPSCR', [], 'i64', { touches }, ({ state }: FpCpu) => whole(state));

/** Replaces the bits of `mask`, but for FEX and VX. Arguments: value, mask, and whether what is enabled then interrupts. */
export const writeFPSCR = defineHelper('FPSCR', ['i64', 'i64', 'i32'], 'void', { touches }, ({ state }: FpCpu, value, mask, interrupts) => {
  write(state, (whole(state) & ~mask) | (value & mask));
  if (interrupts) trapIfEnabled(state);
});

/** mtfsb0 and mtfsb1 of the bits in `mask`: an exception that is set so is a new one. */
export const changeBit = defineHelper('FPSCR bit', ['i32', 'i32'], 'void', { touches }, ({ state }: FpCpu, mask, set) => {
  const bit = Number(mask) & ~(FEX | VX);
  const old = Number(BigInt.asUintN(32, whole(state)));
  const fresh = set && bit & EXCEPTIONS & ~old ? FX : 0;
  write(state, (BigInt(state.DRN) << 32n) | BigInt(((set ? old | bit : old & ~bit) | fresh) >>> 0));
  if (set) trapIfEnabled(state);
});

/** mcrfs: field `n`, whose exception bits are cleared. */
export const takeField = defineHelper('FPSCR field', ['i32'], 'i32', { touches }, ({ state }: FpCpu, n) => {
  const FPSCR = Number(BigInt.asUintN(32, whole(state)));
  const shift = 28 - 4 * Number(n);
  const cleared = (0xf << shift) & (EXCEPTIONS | FX);
  write(state, (BigInt(state.DRN) << 32n) | BigInt((FPSCR & ~cleared) >>> 0));
  return (FPSCR >>> shift) & 0xf;
});
