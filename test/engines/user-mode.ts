/** EL0 as Linux has it, and as `qemu-aarch64 -seed 1` has it where that is for the emulator to say. */
import type { CpuState } from '../../src/guest/aarch64/state.ts';

/** FP, SVE, cache maintenance by address, DC ZVA and waiting are allowed, and all keys are enabled. */
const CPACR_FPEN_ZEN = (3n << 20n) | (3n << 16n);
const SCTLR_UCI = 1n << 26n;
const SCTLR_nTWE = 1n << 18n;
const SCTLR_nTWI = 1n << 16n;
const SCTLR_UCT = 1n << 15n;
const SCTLR_DZE = 1n << 14n;
/** The barriers of AArch32's CP15. */
const SCTLR_CP15BEN = 1n << 5n;
const SCTLR_EnIx_EnDx = (1n << 31n) | (1n << 30n) | (1n << 27n) | (1n << 13n);
/** 48 bits of address. User addresses may have tags; of those of the other half QEMU doesn't say so. */
const TCR_TBI0 = 1n << 37n;
const TCR_sizes = (16n << 16n) | 16n;

/** What the emulator's generator of random numbers gives a process with this seed: keys IA, IB, DA, DB, GA, low and high. */
const keys = [
  [0x1027c4d1c386bbc4n, 0x1e2feb89414c343cn],
  [0xc2ce6f447ed4d57bn, 0x78e510617311d8a3n],
  [0x612e7696a6cecc1bn, 0x35bf992dc9e9c616n],
  [0x7ce42c8218072e8cn, 0xe4b06ce60741c7a8n],
  [0x63ca828dd5f4b3b2n, 0x9b810e766ec9d286n],
] as const;

export function enterUserMode(state: CpuState): void {
  state.CPACR_EL1 = CPACR_FPEN_ZEN;
  state.SCTLR_EL1 = SCTLR_UCI | SCTLR_nTWE | SCTLR_nTWI | SCTLR_UCT | SCTLR_DZE | SCTLR_CP15BEN | SCTLR_EnIx_EnDx;
  state.TCR_EL1 = TCR_TBI0 | TCR_sizes;
  keys.forEach(([low, high], n) => {
    state.APKeyLow[n] = low;
    state.APKeyHigh[n] = high;
  });
  state.currentEL = 0;
  state.SPSel = 0;
  state.daif = 0;
}
