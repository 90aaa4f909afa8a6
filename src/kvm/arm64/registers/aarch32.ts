/**
 * Registers that AArch64 has for the state of AArch32. There is no AArch32 here, but KVM keeps them for every vCPU, and who
 * saves one wants all of it back.
 */
import type { Arena } from '../../../base/arena.ts';
import { array, defineLayout, u64 } from '../../../base/layout.ts';
import { sysregKey } from '../../../guest/aarch64/platform.ts';
import type { OneReg } from './register.ts';

const layout = defineLayout({
  /** SPSR_abt, SPSR_und, SPSR_irq, SPSR_fiq. */
  SPSR: array(u64, 4),
  DBGVCR32_EL2: u64,
  DACR32_EL2: u64,
  IFSR32_EL2: u64,
  FPEXC32_EL2: u64,
});

export type AArch32State = ReturnType<typeof layout.view>;
export const createAArch32State = (arena: Arena): AArch32State => layout.view(arena, arena.alloc(layout.size));

const FPEXC_RESET = 0x700n;

export function resetAArch32(state: AArch32State): void {
  state.SPSR.fill(0n);
  Object.assign(state, { DBGVCR32_EL2: 0n, DACR32_EL2: 0n, IFSR32_EL2: 0n, FPEXC32_EL2: FPEXC_RESET });
}

const word = (field: Exclude<keyof AArch32State, 'SPSR'>): OneReg => ({
  get: vcpu => vcpu.aarch32[field] as bigint,
  set: (vcpu, value) => { Object.assign(vcpu.aarch32, { [field]: value }); },
});

/** By sysregKey. */
export const aarch32Registers: ReadonlyMap<number, OneReg> = new Map([
  [sysregKey(2, 4, 0, 7, 0), word('DBGVCR32_EL2')],
  [sysregKey(3, 4, 3, 0, 0), word('DACR32_EL2')],
  [sysregKey(3, 4, 5, 0, 1), word('IFSR32_EL2')],
  [sysregKey(3, 4, 5, 3, 0), word('FPEXC32_EL2')],
]);
