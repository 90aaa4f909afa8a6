/** What this folder needs of an AArch64 CPU and of whoever makes one. */
import type { Arena } from '../../base/arena.ts';
import type { Log } from '../../base/log.ts';
import type { Arm64Platform } from '../../guest/aarch64/platform.ts';
import type { CpuState } from '../../guest/aarch64/state.ts';
import type { GuestCpu } from '../../isa/arch.ts';
import type { Cpu } from '../../vcpu/cpu.ts';
import type { PhysicalMemory } from '../../vcpu/physical.ts';

export interface Arm64GuestCpu extends GuestCpu {
  readonly state: CpuState;
  /** Cold reset at EL1: general registers 0, PC 0, PSTATE 0x3c5, system registers as the model resets them. */
  reset(): void;
  /** System registers of the CPU itself by sysregKey, for ONE_REG; undefined and false: no such register. */
  readSysreg?(key: number): bigint | undefined;
  writeSysreg?(key: number, value: bigint): boolean;
  /** Those of them that make up the state. */
  sysregKeys?(): readonly number[];
}

export type Arm64Cpu = Cpu<Arm64GuestCpu>;

/** What a CPU is made for. */
export interface CpuSpec {
  readonly arena: Arena;
  readonly memory: PhysicalMemory;
  readonly platform: Arm64Platform;
  readonly id: number;
  /** MPIDR_EL1. */
  readonly mpidr: bigint;
  readonly log: Log;
}
