/** What a machine is made of, and the checks of it. */
import { TesseraError } from '../base/errors.ts';
import type { NamedFile } from '../boot/image.ts';
import type { Board, Range } from './board.ts';

/** How many of each there are in the next larger one; CPUs fill them up in order. */
export interface Topology {
  readonly sockets: number;
  readonly clusters: number;
  readonly cores: number;
  readonly threads: number;
}

export interface MachineOptions {
  readonly board: Board;
  /** What the device tree calls the CPU's model: "arm,cortex-a57". */
  readonly cpuCompatible: string;
  /** Bytes of RAM, a multiple of 4096. */
  readonly memory: number;
  readonly smp: number;
  /** How the CPUs are grouped; without it they are the cores of one cluster. */
  readonly topology?: Topology;
  /** Each CPU has a thread of its own. */
  readonly threads?: boolean;
  readonly gicVersion: 2 | 3;
  /** The CPUs have performance monitors. */
  readonly pmu?: boolean;
  /** Whether a GICv3 has its interrupt translation service. Default true. */
  readonly its?: boolean;
  readonly kernel?: NamedFile;
  readonly initrd?: NamedFile;
  /** Kernel command line. */
  readonly append?: string;
  /** A device tree to use instead of the machine's own. */
  readonly dtb?: NamedFile;
  /** Firmware, which starts in the board's flash. */
  readonly bios?: NamedFile;
  /** 'userspace': for programs at EL0, too. */
  readonly semihosting?: boolean | 'userspace';
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
/** What each CPU needs of that, beyond the eight for which there is always room. */
const CPU_OVERHEAD = 4 * MiB;
/** Where each CPU has a thread, and an engine with it: what there is once, and what each has. */
const THREADS_OVERHEAD = 32 * MiB;
const THREAD_OVERHEAD = 32 * MiB;
const ARENA = 4 * GiB;

const most = { 2: 8, 3: 123 } as const;

/** Where the machine has an interrupt translation service; undefined: it has none. */
export const itsOf = ({ board, gicVersion, its }: Pick<MachineOptions, 'board' | 'gicVersion' | 'its'>): Range | undefined =>
  gicVersion === 3 && its !== false ? board.map.its : undefined;

/** Bytes of flash that the machine has. */
export const flashBytes = ({ board, bios }: MachineOptions): number =>
  bios ? (board.map.flash ?? []).reduce((sum, bank) => sum + bank.size, 0) : 0;

/** Bytes of the arena besides RAM and flash. */
export const overhead = ({ smp, threads }: MachineOptions): number =>
  threads ? THREADS_OVERHEAD + smp * THREAD_OVERHEAD : OVERHEAD + Math.max(0, smp - 8) * CPU_OVERHEAD;

/** Throws a TesseraError of one line for a machine that can't be. */
export function checkOptions(options: MachineOptions): void {
  const { board, memory, smp, gicVersion, bios } = options;
  const limit = ARENA - overhead(options) - flashBytes(options);
  if (memory > limit) throw new TesseraError(`the machine can have at most ${limit / MiB} MiB of RAM; ${inUnits(memory)} were asked for`);
  if (!Number.isInteger(memory) || memory < MiB || memory % 4096 !== 0)
    throw new TesseraError(`RAM of ${memory} bytes is not at least 1 MiB in whole pages of 4 KiB`);
  if (!Number.isInteger(smp) || smp < 1) throw new TesseraError(`a machine has at least one CPU, not ${smp}`);
  if (smp > most[gicVersion]) throw new TesseraError(`a machine with GICv${gicVersion} has at most ${most[gicVersion]} CPUs, not ${smp}`);
  if (!bios) return;
  const [flash] = board.map.flash ?? [];
  if (!flash) throw new TesseraError(`${bios.name} is firmware, but the machine has no flash; give a program with -kernel`);
  if (bios.data.length > flash.size) throw new TesseraError(`${bios.name} is larger than the flash, which has ${flash.size / MiB} MiB`);
  if (bios.data.length === 0) throw new TesseraError(`${bios.name} is empty`);
}

function inUnits(bytes: number): string {
  const [unit, name] = bytes >= TiB ? [TiB, 'TiB'] : bytes >= GiB ? [GiB, 'GiB'] : [MiB, 'MiB'];
  return `${Math.ceil((10 * bytes) / unit) / 10} ${name}`;
}
