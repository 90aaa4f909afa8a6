/** Which firmware a VM has, beside what instructions show: PSCI's version and the services that a guest may use, by bitmaps. */
import type { Arena } from '../../base/arena.ts';
import { defineLayout, u32, u64 } from '../../base/layout.ts';

/** Bits of KVM_REG_ARM_STD_BMAP, _STD_HYP_BMAP and _VENDOR_HYP_BMAP. */
export const STD_TRNG_V1_0 = 1n << 0n;
export const STD_HYP_PV_TIME = 1n << 0n;
export const VENDOR_HYP_FUNC_FEAT = 1n << 0n;
export const VENDOR_HYP_PTP = 1n << 1n;

/** What there is to be had. */
export const services = {
  standard: STD_TRNG_V1_0,
  standardHypervisor: STD_HYP_PV_TIME,
  vendorHypervisor: VENDOR_HYP_FUNC_FEAT | VENDOR_HYP_PTP,
} as const;
export type ServiceOwner = keyof typeof services;

const layout = defineLayout({
  /** A vCPU was let run, on whichever thread: what describes the VM is fixed from then on. */
  hasRun: u32,
  /** 0: nobody chose one. */
  psciVersion: u32,
  standard: u64,
  standardHypervisor: u64,
  vendorHypervisor: u64,
});

export type Firmware = ReturnType<typeof layout.view>;

export function createFirmware(arena: Arena): Firmware {
  const firmware = layout.view(arena, arena.alloc(layout.size));
  return Object.assign(firmware, services);
}
