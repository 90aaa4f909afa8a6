/**
 * Our CPU on RAM alone, run instruction by instruction. What lies outside of a CPU (devices, time, the interrupt
 * controller, firmware) isn't there: `Step.outside` says that an instruction asked for it, and the caller gives the answer.
 */
import { Arena } from '../../../src/base/arena.ts';
import { silentLog } from '../../../src/base/log.ts';
import { type Arm64Cpu, cpuModels, createAArch64, type AArch64, type CpuModelName } from '../../../src/guest/aarch64/index.ts';
import { sysregKey } from '../../../src/guest/aarch64/platform.ts';
import { SP } from '../../../src/guest/aarch64/state.ts';
import { GuestEvent } from '../../../src/isa/arch.ts';
import { REQUEST_KICK } from '../../../src/vcpu/cpu.ts';
import { defaultEngineOptions, Engine } from '../../../src/vcpu/engine.ts';
import type { EngineCpu } from '../../../src/vcpu/loop.ts';
import { PhysicalMemory } from '../../../src/vcpu/physical.ts';
import { qemusMax } from '../../../test/engines/model.ts';

export const RAM = 0x4000_0000;
const OVERHEAD = 128 * 2 ** 20;
const MPIDR = 0x8000_0000n;
/** The exit of an event that has to wait. */
const NEXT = 'next';
const CNTFRQ = sysregKey(3, 3, 14, 0, 0);

const op0 = (key: number): number => key >>> 14;
const op1 = (key: number): number => (key >>> 11) & 7;
const CRn = (key: number): number => (key >>> 7) & 15;
const CRm = (key: number): number => (key >>> 3) & 15;
const isTimer = (key: number): boolean => op0(key) === 3 && op1(key) === 3 && CRn(key) === 14 && CRm(key) < 4;
const isICC = (key: number): boolean => op0(key) === 3 && op1(key) === 0 && (CRn(key) === 12 && CRm(key) >= 8 || CRn(key) === 4 && CRm(key) === 6);

export interface Step {
  /** The instruction's results depend on what isn't here. */
  readonly outside: boolean;
  readonly exception: boolean;
  readonly waits: boolean;
}

export class Ours {
  readonly arch: AArch64;
  readonly guest: Arm64Cpu;
  readonly ram: Uint8Array;
  private readonly arena: Arena;
  private readonly physical = new PhysicalMemory();
  private readonly cpu: EngineCpu<Arm64Cpu>;
  private line = 0;
  private outside = false;
  private exception = false;
  /** Where the step began. */
  private from = 0n;

  constructor(model: CpuModelName, { memory, gicVersion }: { memory: number; gicVersion: 2 | 3 }) {
    this.arena = new Arena(memory + OVERHEAD);
    const at = this.arena.alloc(memory, 4096);
    this.ram = this.arena.u8.subarray(at, at + memory);
    this.physical.setSlots([{ gpa: RAM, size: memory, arena: at, readonly: false }]);
    this.arch = createAArch64(model === 'max' ? qemusMax : cpuModels[model]);
    const engine = new Engine(this.arena, this.arch, { ...defaultEngineOptions, log: silentLog, now: () => 0, physical: this.physical });
    const outside = (): void => { this.outside = true; };
    const platform = {
      readSystem(key: number): bigint | undefined {
        if (key === CNTFRQ) return 62_500_000n;
        if (!isTimer(key) && !(gicVersion === 3 && isICC(key))) return undefined;
        outside();
        return 0n;
      },
      writeSystem: (key: number) => isTimer(key) || (gicVersion === 3 && isICC(key)),
      lines: () => this.line,
      random(): bigint {
        outside();
        return 0n;
      },
    };
    this.cpu = engine.createCpu(env => this.arch.createCpu(env, { platform, mpidr: MPIDR, semihosting: false, gicSystemRegisters: gicVersion === 3 }));
    this.guest = this.cpu.guest;
    const deliver = this.guest.deliver.bind(this.guest);
    this.guest.deliver = event => {
      // The engine fetches what comes next before it sees that the step is over: that abort belongs to the next step.
      if (this.guest.state.pc !== this.from) return { kind: NEXT };
      const exit = deliver(event);
      if (exit) return exit;
      this.exception = true;
      this.cpu.request(REQUEST_KICK);
      return undefined;
    };
  }

  get sp(): bigint { return this.guest.state.x[SP]!; }
  set sp(value: bigint) { this.guest.state.x[SP] = value; }

  /** RAM was written from outside. */
  memoryChanged(): void {
    this.cpu.memoryChanged(RAM, this.ram.length);
  }

  /** One instruction, or the exception that it raises. `aborts`: an access outside of RAM is answered by an external abort. */
  step(aborts = false): Step {
    this.outside = false;
    this.exception = false;
    this.from = this.guest.state.pc;
    this.cpu.setBudget(1);
    for (;;) {
      const exit = this.cpu.run();
      switch (exit.kind) {
        case 'budget':
        case 'kicked':
          return { outside: this.outside, exception: this.exception, waits: false };
        case 'mmio':
          if (aborts) this.cpu.abortMmio();
          else {
            if (!exit.write) this.outside = true;
            this.cpu.completeMmio(0n);
          }
          break;
        case 'guest': {
          const { kind } = exit.exit;
          return { outside: kind !== 'wfi' && kind !== 'wfe' && kind !== NEXT, exception: false, waits: kind === 'wfi' };
        }
      }
    }
  }

  /** Takes an interrupt as if its line were up for this moment. */
  interrupt(line: 'IRQ' | 'FIQ'): boolean {
    this.line = line === 'IRQ' ? 1 : 2;
    const taken = this.guest.takeInterrupt();
    this.line = 0;
    this.guest.state.interruptHeld = 0;
    return taken;
  }

  /** The word at PC; undefined where none can be fetched. */
  word(): number | undefined {
    try {
      const at = this.physical.at(this.guest.translate(this.guest.state.pc, 'fetch', false).pa, 4);
      return at < 0 ? undefined : this.arena.u32[at >>> 2];
    } catch (event) {
      if (event instanceof GuestEvent) return undefined;
      throw event;
    }
  }
}
