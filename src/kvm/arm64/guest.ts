/** The engine's CPU with an AArch64 guest, and what whoever makes one is told. */
import type { Arena } from '../../base/arena.ts';
import type { Log } from '../../base/log.ts';
import type { Arm64Cpu } from '../../guest/aarch64/cpu.ts';
import type { Arm64Platform } from '../../guest/aarch64/platform.ts';
import type { Cpu } from '../../vcpu/cpu.ts';
import type { PhysicalMemory } from '../../vcpu/physical.ts';
import type { VcpuControl } from '../requests.ts';

export type Arm64Engine = Cpu<Arm64Cpu>;

/** What a CPU is made for. */
export interface CpuSpec {
  readonly arena: Arena;
  readonly memory: PhysicalMemory;
  readonly platform: Arm64Platform;
  readonly id: number;
  /** Of the vCPU whose CPU this is. */
  readonly control: VcpuControl;
  /** MPIDR_EL1. */
  readonly mpidr: bigint;
  readonly log: Log;
  /** Whether this thread runs it, where several run a VM's CPUs; undefined: one runs them all. */
  readonly here: boolean | undefined;
}
