/** Devices, and what is needed to write one: a device is one file with one `defineDevice`. */
export { Bus } from './bus.ts';
export { CfiFlash, type FlashIo } from './cfi-flash.ts';
export { BREAK, nullConsole, QueueConsole, type ConsoleBackend } from './console.ts';
export {
  defineDevice,
  needs,
  primeCellIds,
  registers,
  spread,
  type Device,
  type DeviceDefinition,
  type DeviceType,
  type Instance,
  type InstanceOf,
  type Line,
  type Placement,
  type Register,
  type RegisterKinds,
} from './device.ts';
export { fwCfg, fwCfgItems, type FwCfg, type FwCfgItems } from './fw-cfg.ts';
export type { GuestMemory } from './memory.ts';
export { pl011, type Pl011 } from './pl011.ts';
export { pl031, type Pl031 } from './pl031.ts';
export { pl061, pulse, setPin, type Pl061 } from './pl061.ts';
export { sifiveTest, type Power, type SifiveTest } from './sifive-test.ts';
export { virtioMmioEmpty, type VirtioMmioEmpty } from './virtio-mmio-empty.ts';
