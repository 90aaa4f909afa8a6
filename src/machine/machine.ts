/**
 * A machine: a VM behind the KVM API, the board's devices, and the loop that runs the one and serves it with the
 * other.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { BootPlan } from '../boot/arm64-linux.ts';
import type { ConsoleBackend } from '../device/console.ts';
import type { Line } from '../device/device.ts';
import type { GuestMemory } from '../device/memory.ts';
import {
  KVM_EXIT_DEBUG,
  KVM_EXIT_INTR,
  KVM_EXIT_MMIO,
  KVM_EXIT_SYSTEM_EVENT,
  KVM_EXIT_TESSERA_SEMIHOSTING,
  KVM_REG_ARM_CORE,
  KVM_SYSTEM_EVENT_RESET,
  spiLine,
  type Kvm,
  type KvmDebugExit,
  type KvmExit,
  type KvmIntrExit,
  type KvmMmioExit,
  type KvmSemihostingExit,
  type KvmSystemEventExit,
  type Vcpu,
} from '../kvm/index.ts';
import { createArm64Vm, resetVcpus, type Arm64Parts } from './arm64-vm.ts';
import { BoardDevices, firstSpi } from './board.ts';
import { machineItems, planMachine, type BootSources } from './boot.ts';
import { addFlash } from './flash.ts';
import { DebugLayer } from './debug/layer.ts';
import { FrozenTime } from './frozen-time.ts';
import { Halts } from './halts.ts';
import type { HostLoop, SliceTimer } from './host.ts';
import { flashBytes, itsOf, overhead, type MachineOptions } from './options.ts';
import { Semihosting } from './semihosting/calls.ts';
import type { SemihostingFiles } from './semihosting/files.ts';
import { VcpuThreads, type Server, type ThreadsHost } from './threads.ts';
import type { VcpuThreadData, VcpuThreadResult } from './vcpu-thread.ts';

/** What a machine is connected to outside. */
export interface MachineHost extends BootSources {
  readonly kvm: Kvm;
  readonly clock: Clock;
  readonly log: Log;
  readonly console: ConsoleBackend;
  readonly loop: HostLoop;
  /** Ends a vCPU's run after a time. Without it runs end by themselves (counted runs), or when the guest waits. */
  readonly slices?: (vcpu: number) => SliceTimer | undefined;
  /** What a guest's semihosting calls may open; without it they open no files. */
  readonly semihostingFiles?: SemihostingFiles | undefined;
  /** Each vCPU has a thread of its own. */
  readonly threads?: { readonly host: ThreadsHost; readonly engine: VcpuThreadData['engine'] } | undefined;
}

export type Ending =
  | { readonly kind: 'poweroff' }
  | { readonly kind: 'reset' }
  /** The guest ended its program, by semihosting or a device that is there for it; a status as processes have it. */
  | { readonly kind: 'exit'; readonly status: number }
  /** `stop` was called. */
  | { readonly kind: 'stopped' }
  /** The machine can't go on; one line says why. */
  | { readonly kind: 'error'; readonly message: string };

/** After this the host's event loop has its turn, in less than 10 ms. */
const SLICE_MS = 8;
const SLICE_NS = 8_000_000n;

export class Machine {
  readonly parts: Arm64Parts;
  readonly board: BoardDevices;
  readonly plan: BootPlan;
  /** Called when a vCPU that was asked to stands still. */
  onHalted: (vcpu: number) => void = () => {};
  /** For debuggers, which hear of halts through it. */
  readonly debug: DebugLayer;
  private readonly halts: Halts;
  private readonly time: FrozenTime;
  private readonly options: MachineOptions;
  private readonly host: MachineHost;
  private readonly memory: GuestMemory;
  private readonly slices: readonly (SliceTimer | undefined)[];
  private readonly semihosting: Semihosting;
  private readonly threads: VcpuThreads | undefined;
  private stopping = false;
  /** Which vCPU runs now, where they have turns. */
  private turn: number | undefined;
  /** Whose semihosting call is served. */
  private caller: Vcpu | undefined;
  /** What a device made of the machine. */
  private ended: Ending | undefined;

  /** Throws a TesseraError of one line where the machine can't be made or its files can't be started. */
  constructor(options: MachineOptions, host: MachineHost) {
    this.options = options;
    this.host = host;
    this.plan = planMachine(options, host);
    const { map } = options.board;
    const arenaBytes = options.memory + flashBytes(options) + overhead(options);
    this.parts = createArm64Vm(host.kvm, { ...options, map, its: itsOf(options), arenaBytes, threads: host.threads !== undefined });
    this.memory = this.guestMemory();
    this.board = new BoardDevices(options.board, this.parts.vm.arena, {
      clock: host.clock,
      log: host.log,
      console: waking(host.console, host.loop),
      memory: this.memory,
      items: machineItems(options),
      power: { off: status => this.endBy({ kind: 'exit', status }), reset: () => this.endBy({ kind: 'reset' }) },
      spi: n => this.spi(n),
    });
    if (options.bios && map.flash) addFlash(this.parts.vm, this.board.bus, map.flash, options.bios.data);
    this.slices = this.parts.vcpus.map((_, n) => host.slices?.(n));
    this.semihosting = this.createSemihosting();
    this.load();
    const { vm, vcpus } = this.parts;
    this.halts = new Halts(vcpus.length);
    this.halts.onHalted = n => this.halted(n);
    this.time = new FrozenTime(vcpus[0]!);
    this.threads =
      host.threads && new VcpuThreads(vm.arena, vcpus, { vm: vm.share(), engine: host.threads.engine }, host.threads.host, this.halts);
    this.debug = new DebugLayer(this);
  }

  /** Makes a vCPU stand still until `resume`; `onHalted` says when it does, which may be before this returns. */
  halt(n: number): void {
    if (!this.halts.ask(n)) return;
    if (this.threads ? this.threads.standsStill(n) : this.turn !== n) this.halts.confirm(n);
    else this.parts.vcpus[n]!.kick();
    this.host.loop.wake();
  }

  resume(n: number): void {
    if (this.halts.all) this.time.thaw();
    if (!this.halts.release(n)) return;
    this.threads?.stateChanged(n);
    this.host.loop.wake();
  }

  /** What the vCPU is told by KVM calls was changed here: one that runs on a thread of its own takes it over soon. */
  changed(n: number): void {
    if (!this.threads) return;
    this.threads.stateChanged(n);
    if (!this.isHalted(n)) this.parts.vcpus[n]!.kick();
  }

  isHalted(n: number): boolean {
    return this.halts.halted(n);
  }

  /** All vCPUs were halted. */
  get paused(): boolean {
    return this.halts.all;
  }

  pause(): void {
    for (const n of this.parts.vcpus.keys()) this.halt(n);
  }

  unpause(): void {
    for (const n of this.parts.vcpus.keys()) this.resume(n);
  }

  private halted(n: number): void {
    if (this.threads) this.parts.vcpus[n]!.refresh();
    if (this.halts.all) this.time.freeze();
    this.onHalted(n);
  }

  /** Ends the vCPUs' threads, where there are any; what they have to tell. The machine doesn't run, and won't any more. */
  async close(): Promise<readonly (VcpuThreadResult | undefined)[]> {
    this.semihosting.close();
    return await this.threads?.end() ?? [];
  }

  /** The device tree as the guest gets it. */
  get dtb(): Uint8Array {
    return this.plan.dtb;
  }

  /** Everything as after power-on, RAM aside; then what the boot needs is loaded again. */
  reset(): void {
    this.semihosting.close();
    this.board.reset();
    this.parts.vgic.reset();
    this.parts.its?.reset();
    this.debug.reload(() => this.load());
  }

  /** Runs until the machine ends. */
  async run(): Promise<Ending> {
    this.stopping = false;
    for (;;) {
      const ending = await (this.threads ? this.threads.run(this.server) : this.round());
      if (ending?.kind === 'reset' && this.options.reboot !== false) this.reset();
      else if (ending) return ending;
    }
  }

  /** Makes `run` come back soon; it may be called again. */
  stop(): void {
    this.stopping = true;
    this.wake();
  }

  pressPowerKey(): void {
    this.board.pressPowerKey();
    this.wake();
  }

  private readonly server: Server = {
    mmio: exit => this.mmio(exit),
    debug: (vcpu, exit) => this.isDebuggers(vcpu, exit),
    serve: (vcpu, exit) => this.serve(vcpu, exit),
    tick: () => this.board.tick(),
    ending: () => this.takeEnd() ?? (this.stopping ? { kind: 'stopped' } : undefined),
  };

  /** The vCPUs have their turns for a slice of time; then the host has one, until there is something to do. */
  private async round(): Promise<Ending | undefined> {
    const { loop, clock } = this.host;
    let deadline = this.board.tick();
    const end = clock.now() + SLICE_NS;
    for (let idle = false; !idle; ) {
      idle = true;
      for (const [n, vcpu] of this.parts.vcpus.entries()) {
        if (this.stopping) return { kind: 'stopped' };
        if (this.halts.asked(n)) continue;
        this.slices[n]?.startSlice(SLICE_MS / this.parts.vcpus.length);
        this.turn = n;
        const exit = this.runVcpu(vcpu);
        this.turn = undefined;
        this.slices[n]?.stop();
        this.halts.confirm(n);
        if ('kind' in exit) return exit;
        if (exit.cause === 'idle') deadline = earlier(deadline, exit.idle?.deadline);
        else idle = false;
      }
      if (!idle && (this.parts.vcpus.length === 1 || clock.now() >= end)) {
        await loop.yield();
        return undefined;
      }
    }
    if (this.stopping) return { kind: 'stopped' };
    await loop.sleep(earlier(deadline, this.board.tick()));
    return undefined;
  }

  private runVcpu(vcpu: Vcpu): KvmIntrExit | Ending {
    for (;;) {
      const exit = vcpu.run();
      if (exit.exit_reason === KVM_EXIT_INTR) return this.takeEnd() ?? exit;
      const ending = this.serve(vcpu, exit);
      if (ending) return ending;
    }
  }

  /** The store that did it is completed first: the kick ends the run behind it. */
  private endBy(ending: Ending): void {
    this.ended = ending;
    this.wake();
  }

  private takeEnd(): Ending | undefined {
    const { ended } = this;
    this.ended = undefined;
    return ended;
  }

  private serve(vcpu: Vcpu, exit: Exclude<KvmExit, KvmIntrExit>): Ending | undefined {
    switch (exit.exit_reason) {
      case KVM_EXIT_MMIO:
        if (!this.mmio(exit)) vcpu.setVcpuEvents({ exception: { ext_dabt_pending: true } });
        return undefined;
      case KVM_EXIT_DEBUG:
        if (!this.isDebuggers(vcpu, exit)) vcpu.injectDebugException(exit);
        return undefined;
      case KVM_EXIT_SYSTEM_EVENT:
        return systemEvent(exit);
      case KVM_EXIT_TESSERA_SEMIHOSTING:
        return this.semihost(vcpu, exit);
      default:
        return {
          kind: 'error',
          message: `the virtual CPU stopped with KVM exit ${exit.exit_reason} at PC 0x${vcpu.getOneReg(KVM_REG_ARM_CORE.PC).toString(16)}`,
        };
    }
  }

  /** False: the guest's own. */
  private isDebuggers(vcpu: Vcpu, exit: KvmDebugExit): boolean {
    return this.debug.exit(this.parts.vcpus.indexOf(vcpu), exit);
  }

  /** False where nothing is. */
  private mmio({ phys_addr, data, len, is_write }: KvmMmioExit): boolean {
    if (this.board.bus.access(phys_addr, data, len, is_write)) return true;
    const { log } = this.host;
    if (log.on('guest_errors'))
      log.write('guest_errors', `${is_write ? 'write to' : 'read of'} 0x${phys_addr.toString(16)}, where nothing is, ${len} bytes`);
    return false;
  }

  private semihost(vcpu: Vcpu, { operation, parameter }: KvmSemihostingExit): Ending | undefined {
    this.caller = vcpu;
    const outcome = this.semihosting.call(operation, parameter);
    if (outcome.kind === 'exit') return outcome;
    vcpu.setOneReg(KVM_REG_ARM_CORE.X(0), outcome.value);
    return undefined;
  }

  private load(): void {
    const { u8 } = this.parts.vm.arena;
    for (const { address, data, size } of this.plan.blobs) {
      const at = this.parts.ram + (address - this.options.board.map.ram.base);
      u8.set(data, at);
      u8.fill(0, at + data.length, at + size);
    }
    this.parts.vm.memoryChanged(this.options.board.map.ram.base, this.options.memory);
    resetVcpus(this.parts, this.plan.pc, this.plan.x0);
    for (const n of this.parts.vcpus.keys()) this.threads?.stateChanged(n);
  }

  private guestMemory(): GuestMemory {
    const { vm, ram } = this.parts;
    const { board, memory } = this.options;
    const { base } = board.map.ram;
    return {
      view: (pa, bytes) =>
        pa >= base && pa + bytes <= base + memory ? vm.arena.u8.subarray(ram + pa - base, ram + pa - base + bytes) : undefined,
      written: (pa, bytes) => {
        vm.memoryChanged(pa, bytes);
      },
    };
  }

  /** A device may change its line while the loop sleeps, when the host brings it input. */
  private spi(n: number): Line {
    const irq = spiLine(firstSpi + n);
    let current = false;
    return {
      set: level => {
        if (level === current) return;
        current = level;
        this.parts.vm.irqLine({ irq, level });
        if (level) this.host.loop.wake();
      },
    };
  }

  private createSemihosting(): Semihosting {
    const { console, clock, semihostingFiles: files } = this.host;
    return new Semihosting({
      console,
      clock,
      files,
      commandLine: this.options.append ?? '',
      ram: { base: this.options.board.map.ram.base, size: this.options.memory },
      translate: va => this.caller?.translate(va),
      memory: this.memory,
    });
  }

  private wake(): void {
    for (const vcpu of this.parts.vcpus) vcpu.kick();
    this.host.loop.wake();
  }
}

/** Input that raises no interrupt yet may still give a device something to wait for. */
const waking = (console: ConsoleBackend, loop: HostLoop): ConsoleBackend => ({
  write: byte => console.write(byte),
  read: () => console.read(),
  onInput: listener =>
    console.onInput(() => {
      listener();
      loop.wake();
    }),
});

function systemEvent({ type }: KvmSystemEventExit): Ending {
  return { kind: type === KVM_SYSTEM_EVENT_RESET ? 'reset' : 'poweroff' };
}

const earlier = (a: bigint | undefined, b: bigint | undefined): bigint | undefined =>
  a === undefined ? b : b === undefined ? a : a < b ? a : b;
