/** What a CPU's instructions reach outside it: the timers' and the interrupt controller's registers, and the interrupt lines. */
import type { Arm64Platform } from '../../guest/aarch64/platform.ts';
import type { SystemRegister, SystemRegisters } from './systemregisters.ts';
import type { Timers } from './timer.ts';
import type { VgicCpu } from './vgic/cpu.ts';

export class Platform implements Arm64Platform {
  /** Lines that the API's user drives, where there is no in-kernel interrupt controller. */
  userLines = 0;
  /** Where the overflow interrupt of the performance monitors goes. */
  pmuLine: (level: boolean) => void = () => {};
  private readonly timers: Timers;
  private readonly entropy: () => bigint;
  private readonly registers: Map<number, SystemRegister>;
  private vgic: VgicCpu | undefined;

  constructor(timers: Timers, entropy: () => bigint) {
    this.timers = timers;
    this.entropy = entropy;
    this.registers = new Map(timers.registers());
  }

  /** From now on this interrupt controller drives the lines. */
  attach(vgic: VgicCpu, registers: SystemRegisters): void {
    this.vgic = vgic;
    for (const [key, register] of registers) this.registers.set(key, register);
  }

  readSystem(key: number): bigint | undefined {
    return this.registers.get(key)?.read?.();
  }

  writeSystem(key: number, value: bigint): boolean {
    const write = this.registers.get(key)?.write;
    if (!write) return false;
    write(value);
    return true;
  }

  /** Whether a spinning CPU had better let others run. */
  crowded: () => boolean = () => false;

  lines(): number {
    this.timers.poll();
    return this.vgic ? this.vgic.lines() : this.userLines;
  }

  nanoseconds(): bigint {
    return this.timers.nanoseconds();
  }

  overflowed(level: boolean): void {
    this.pmuLine(level);
  }

  random(): bigint {
    return this.entropy();
  }
}
