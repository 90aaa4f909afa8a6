/** A VM with the debug layer on top, driven from stop to stop without a machine's loop. */
import { MockClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { Arm64Cpu } from '../../../src/guest/aarch64/cpu.ts';
import * as kvm from '../../../src/kvm/index.ts';
import { type DebugHost, DebugLayer } from '../../../src/machine/debug/layer.ts';
import type { DebugStop, Resumption } from '../../../src/machine/index.ts';
import { CODE, DATA, VECTORS, type Program } from './program.ts';

const RAM_BYTES = 64 << 10;
const { X, PC, PSTATE } = kvm.KVM_REG_ARM_CORE;
const VBAR_EL1 = kvm.ARM64_SYS_REG(3, 0, 12, 0, 0);
const EL1H_MASKED = 0x3c5n;

/** Of registers: a number that differs where they do. */
export type Summary = number;

export class DebuggedVm {
  readonly layer: DebugLayer;
  private readonly host: DebugHost;
  readonly vcpu: kvm.Vcpu;
  private readonly vm: kvm.Vm;
  private readonly ram: number;
  /** X0 to X30. */
  private readonly words: Uint32Array;
  private halted = false;
  private stop: DebugStop | undefined;

  constructor(threshold: number) {
    const clock = new MockClock();
    const engine = new kvm.VmEngine({ cpu: 'max', gicVersion: 3, semihosting: false, clock, threshold });
    const api = new kvm.Kvm(kvm.createArm64({ clock, log: silentLog, random: () => 4n, model: engine.model, createCpu: spec => engine.createCpu(spec) }));
    this.vm = api.createVm({ arenaBytes: 64 << 20 });
    this.ram = this.vm.arena.alloc(RAM_BYTES, 4096);
    this.vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: CODE, memory_size: RAM_BYTES, userspace_addr: this.ram });
    this.vm.setAttr(kvm.KVM_ARM_VM_SMCCC_CTRL, kvm.KVM_ARM_VM_SMCCC_FILTER, { base: 0x8600_0000, nr_functions: 1, action: kvm.KVM_SMCCC_FILTER_FWD_TO_USER });
    this.vcpu = this.vm.createVcpu(0);
    const { x } = this.guest.state;
    this.words = new Uint32Array(x.buffer, x.byteOffset, 62);
    this.host = {
      parts: { vm: this.vm, vcpus: [this.vcpu] },
      onHalted: () => {},
      halt: () => { this.halted = true; },
      resume: () => { this.halted = false; },
      isHalted: () => this.halted,
      changed: () => {},
    };
    this.layer = new DebugLayer(this.host);
  }

  /** From the start, with these registers. */
  load({ parts }: Program, x: readonly bigint[]): void {
    const { vm, vcpu } = this;
    const { arena } = vm;
    arena.u8.fill(0, this.ram, this.ram + RAM_BYTES);
    for (const part of parts) arena.u32.set(part.words(), (this.ram + part.base - CODE) >>> 2);
    vm.memoryChanged(CODE, RAM_BYTES);
    vcpu.init({ target: 5, features: [4] });
    x.forEach((value, n) => { vcpu.setOneReg(X(n), value); });
    vcpu.setOneReg(X(20), BigInt(DATA));
    vcpu.setOneReg(VBAR_EL1, BigInt(VECTORS));
    vcpu.setOneReg(PSTATE, EL1H_MASKED);
    vcpu.setOneReg(PC, BigInt(CODE));
  }

  get pc(): number { return Number(this.guest.state.pc); }
  x(n: number): bigint { return this.guest.state.x[n]!; }
  private get guest(): Arm64Cpu { return this.vcpu.arch.cpu.guest as unknown as Arm64Cpu; }
  private get pstate(): number { return this.guest.pstate; }

  /** One instruction without any debugging; false at the end. */
  bareStep(): boolean { return this.vcpu.arch.cpu.step() === undefined; }

  /** To the end without any debugging. */
  run(): void {
    const exit = this.vcpu.run();
    if (exit.exit_reason !== kvm.KVM_EXIT_HYPERCALL) throw new Error(`exit ${exit.exit_reason} at 0x${this.pc.toString(16)}`);
  }

  /** The next stop, or 'end'. */
  go(how: Resumption): DebugStop | 'end' {
    this.layer.attach({ stopped: ([stop]) => { this.stop = stop; } });
    this.layer.resume(new Map([[0, how]]));
    for (;;) {
      const exit = this.vcpu.run();
      if (exit.exit_reason === kvm.KVM_EXIT_HYPERCALL) return 'end';
      if (exit.exit_reason !== kvm.KVM_EXIT_DEBUG) throw new Error(`exit ${exit.exit_reason} at 0x${this.pc.toString(16)}`);
      if (!this.layer.exit(0, exit)) this.vcpu.injectDebugException(exit);
      if (!this.halted) continue;
      this.stop = undefined;
      this.host.onHalted(0);
      return this.stop!;
    }
  }

  summary(): Summary {
    let hash = this.pstate;
    for (const word of this.words) hash = Math.imul(hash ^ word, 0x0100_0193) ^ hash >>> 15;
    return hash;
  }

  /** All of RAM. */
  memory(): string {
    let hash = 0;
    const words = this.vm.arena.u32.subarray(this.ram >>> 2, (this.ram + RAM_BYTES) >>> 2);
    for (const word of words) hash = Math.imul(hash, 0x0100_0193) ^ word;
    return (hash >>> 0).toString(16);
  }
}
