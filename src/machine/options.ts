/** What a `virt` machine is made of, and the checks of it. */
import { TesseraError } from '../base/errors.ts';
import type { NamedFile } from '../boot/image.ts';

export interface MachineOptions {
  /** What the device tree calls the CPU's model: "arm,cortex-a57". */
  readonly cpuCompatible: string;
  /** Bytes of RAM, a multiple of 4096. */
  readonly memory: number;
  readonly smp: number;
  readonly gicVersion: 2 | 3;
  readonly kernel?: NamedFile;
  readonly initrd?: NamedFile;
  /** Kernel command line. */
  readonly append?: string;
  /** A device tree to use instead of the machine's own. */
  readonly dtb?: NamedFile;
  /** Firmware, which starts at address 0. */
  readonly bios?: NamedFile;
  readonly semihosting?: boolean;
  /** A reset by the guest starts it again; otherwise it ends the run. Default true. */
  readonly reboot?: boolean;
  /** Further files for fw_cfg, by name. */
  readonly fwCfg?: ReadonlyMap<string, Uint8Array>;
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const TiB = 2 ** 40;

/** What one arena holds besides RAM: CPU state, TLBs, code links, interrupt controller, devices. */
export const OVERHEAD = 256 * MiB;
const ARENA = 4 * GiB;
export const FLASH_BANKS = 2;

const most = { 2: 8, 3: 123 } as const;

/** Throws a TesseraError of one line for a machine that can't be. `flash` is in bytes. */
export function checkOptions(options: MachineOptions, flash: number): void {
  const { memory, smp, gicVersion, bios } = options;
  const limit = ARENA - OVERHEAD - (bios ? flash : 0);
  if (memory > limit) throw new TesseraError(`the machine can have at most ${limit / MiB} MiB of RAM; ${inUnits(memory)} were asked for`);
  if (!Number.isInteger(memory) || memory < MiB || memory % 4096 !== 0)
    throw new TesseraError(`RAM of ${memory} bytes is not at least 1 MiB in whole pages of 4 KiB`);
  if (!Number.isInteger(smp) || smp < 1) throw new TesseraError(`a machine has at least one CPU, not ${smp}`);
  if (smp > most[gicVersion]) throw new TesseraError(`a machine with GICv${gicVersion} has at most ${most[gicVersion]} CPUs, not ${smp}`);
  if (bios && bios.data.length > flash / FLASH_BANKS)
    throw new TesseraError(`${bios.name} is larger than the flash, which has ${flash / FLASH_BANKS / MiB} MiB`);
  if (bios && bios.data.length === 0) throw new TesseraError(`${bios.name} is empty`);
}

function inUnits(bytes: number): string {
  const [unit, name] = bytes >= TiB ? [TiB, 'TiB'] : bytes >= GiB ? [GiB, 'GiB'] : [MiB, 'MiB'];
  return `${Math.ceil((10 * bytes) / unit) / 10} ${name}`;
}
