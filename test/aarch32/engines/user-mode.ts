/** User mode of AArch32 as Linux has it, and `qemu-arm`. */
import type { CpuState } from '../../../src/guest/aarch64/state.ts';
import { enterUserMode as enterEL0 } from '../../engines/user-mode.ts';

/** The barriers of CP15 are there. */
const SCTLR_CP15BEN = 1n << 5n;
/** The debug communications channel isn't. */
const MDSCR_TDCC = 1n << 12n;

export function enterUserMode(state: CpuState): void {
  enterEL0(state);
  state.SCTLR_EL1 |= SCTLR_CP15BEN;
  state.MDSCR_EL1 = MDSCR_TDCC;
}
