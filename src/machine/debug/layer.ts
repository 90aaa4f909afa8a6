/**
 * The machine's debug layer: breakpoints and watchpoints for all its CPUs, and what KVM's debug exits mean: a stop that the debugger
 * hears of, or the guest's own.
 */
import {
  KVM_CAP_GUEST_DEBUG_HW_BPS, KVM_CAP_GUEST_DEBUG_HW_WPS, KVM_CAP_SET_GUEST_DEBUG, KVM_GUESTDBG_BLOCKIRQ, KVM_GUESTDBG_ENABLE, KVM_GUESTDBG_SINGLESTEP,
  KVM_GUESTDBG_TESSERA_SHARED, KVM_GUESTDBG_USE_HW, KVM_GUESTDBG_USE_SW_BP, KVM_REG_ARM_CORE, KvmError, type KvmDebugExit, type Vcpu, type Vm,
} from '../../kvm/index.ts';
import { ACCESS_READ, ACCESS_WRITE, HardwareBreakpoints } from './hardware.ts';
import { DebugMemory } from './memory.ts';
import { SoftwareBreakpoints } from './software.ts';
import {
  BREAKPOINT_HARDWARE, BREAKPOINT_SOFTWARE, WATCHPOINT_ACCESS, WATCHPOINT_READ, WATCHPOINT_WRITE,
  type DebugListener, type DebugStop, type DebugTarget, type Resumption, type WatchpointKind,
} from './target.ts';

/** Exception classes of a debug exit's syndrome. */
const EC_BREAKPOINT = 0x30;
const EC_STEP = 0x32;
const EC_WATCHPOINT = 0x34;
const EC_BRK = 0x3c;

/** LSC of the kinds. */
const accessOf = { [WATCHPOINT_WRITE]: ACCESS_WRITE, [WATCHPOINT_READ]: ACCESS_READ, [WATCHPOINT_ACCESS]: 3 } as const;
const kindOf = { 1: WATCHPOINT_READ, 2: WATCHPOINT_WRITE, 3: WATCHPOINT_ACCESS } as const;
/** Bytes of the widest access: a pair of 16. */
const WIDEST = 32;

/** The machine: it runs the CPUs, and calls `onHalted` when one that was asked to stands still. */
export interface DebugHost {
  readonly parts: { readonly vm: Vm; readonly vcpus: readonly Vcpu[] };
  onHalted: (cpu: number) => void;
  halt(cpu: number): void;
  resume(cpu: number): void;
  isHalted(cpu: number): boolean;
  /** What the CPU is told by KVM calls was changed: one that runs takes it over soon. */
  changed(cpu: number): void;
}

interface CpuDebug {
  /** What it was let go for. */
  run: Resumption;
  /** Why it is halted, as long as that wasn't told. */
  stop: DebugStop | undefined;
}

export class DebugLayer implements DebugTarget {
  allStop = true;
  stepsTakeInterrupts = true;
  private readonly host: DebugHost;
  private readonly memory: DebugMemory;
  private readonly software: SoftwareBreakpoints;
  private readonly hardware: HardwareBreakpoints;
  private readonly guestDebug: boolean;
  private readonly state: readonly CpuDebug[];
  private listener: DebugListener | undefined;

  constructor(host: DebugHost) {
    const { vm, vcpus } = host.parts;
    this.host = host;
    this.memory = new DebugMemory(vm);
    this.software = new SoftwareBreakpoints(this.memory);
    this.guestDebug = vm.checkExtension(KVM_CAP_SET_GUEST_DEBUG) !== 0;
    this.hardware = new HardwareBreakpoints(vm.checkExtension(KVM_CAP_GUEST_DEBUG_HW_BPS), vm.checkExtension(KVM_CAP_GUEST_DEBUG_HW_WPS));
    this.state = vcpus.map(() => ({ run: { kind: 'continue' }, stop: undefined }));
  }

  get cpus(): number { return this.state.length; }
  /** At least one hardware breakpoint or watchpoint is there. */
  get hwDebugActive(): boolean { return this.hardware.active; }

  attach(listener: DebugListener): void {
    this.listener = listener;
    this.host.onHalted = cpu => { this.halted(cpu); };
  }

  detach(): void {
    this.listener = undefined;
    this.host.onHalted = () => {};
    this.removeAll();
    for (const cpu of this.state.keys()) this.letGo(cpu, { kind: 'continue' });
  }

  isHeld(cpu: number): boolean { return this.host.isHalted(cpu); }

  pause(cpus?: readonly number[]): void {
    const asked = (cpus && !this.allStop ? cpus : [...this.state.keys()]).filter(cpu => !this.isHeld(cpu));
    for (const cpu of this.allStop ? asked.slice(0, 1) : asked) this.at(cpu).stop ??= { cpu, reason: 'paused' };
    for (const cpu of asked) this.host.halt(cpu);
  }

  resume(cpus: ReadonlyMap<number, Resumption>): void {
    for (const [cpu, how] of cpus) this.letGo(cpu, how);
  }

  private letGo(cpu: number, how: Resumption): void {
    this.at(cpu).run = how;
    this.at(cpu).stop = undefined;
    this.arm(cpu);
    this.host.resume(cpu);
  }

  /** It stands still, for a stop of its own, another one's, or because somebody else halted the machine. */
  private halted(cpu: number): void {
    if (!this.allStop) this.at(cpu).stop ??= { cpu, reason: 'paused' };
    else if (![...this.state.keys()].every(n => this.isHeld(n))) return;
    const told = this.allStop ? this.state : [this.at(cpu)];
    const stops = told.flatMap(({ stop }) => stop ?? []);
    for (const debug of told) debug.stop = undefined;
    this.listener?.stopped(stops.length > 0 ? stops : [{ cpu, reason: 'paused' }]);
  }

  // ---- breakpoints
  insert(kind: number, address: bigint, length: number, cpu = 0): void {
    if (!this.guestDebug) throw new KvmError('EINVAL', 'this CPU can\'t be debugged');
    if (kind === BREAKPOINT_SOFTWARE) this.software.insert(address, this.translate(cpu, address));
    else if (kind === BREAKPOINT_HARDWARE) this.hardware.insertBreakpoint(address);
    else this.hardware.insertWatchpoint({ address, length, access: accessOf[watchpointKind(kind)] });
    this.armAll();
  }

  remove(kind: number, address: bigint, _length: number): void {
    if (!this.guestDebug) throw new KvmError('EINVAL', 'this CPU can\'t be debugged');
    if (kind === BREAKPOINT_SOFTWARE) this.software.remove(address);
    else if (kind === BREAKPOINT_HARDWARE) this.hardware.removeBreakpoint(address);
    else if (watchpointKind(kind)) this.hardware.removeWatchpoint(address);
    this.armAll();
  }

  removeAll(): void {
    this.software.removeAll();
    this.hardware.removeAll();
    this.armAll();
  }

  /** Memory is loaded anew: software breakpoints stay. */
  reload(load: () => void): void { this.software.outlast(load); }

  // ---- memory and registers
  read(cpu: number, address: bigint, length: number): Uint8Array | undefined {
    const data = this.memory.read(address, length, va => this.translate(cpu, va));
    if (data) this.byPage(cpu, address, data, (gpa, bytes) => { this.software.hide(gpa, bytes); });
    return data;
  }

  write(cpu: number, address: bigint, data: Uint8Array): boolean {
    if (!this.read(cpu, address, data.length)) return false;
    const bytes = data.slice();
    this.byPage(cpu, address, bytes, (gpa, part) => { this.software.keep(gpa, part); });
    return this.memory.write(address, bytes, va => this.translate(cpu, va));
  }

  readPhysical(address: bigint, length: number): Uint8Array | undefined {
    const data = this.memory.read(address, length);
    if (data) this.software.hide(Number(address), data);
    return data;
  }

  writePhysical(address: bigint, data: Uint8Array): boolean {
    if (!this.memory.read(address, data.length)) return false;
    const bytes = data.slice();
    this.software.keep(Number(address), bytes);
    return this.memory.write(address, bytes);
  }

  translate(cpu: number, address: bigint): number | undefined { return this.vcpu(cpu).translateForDebug(address); }

  /** Bytes of virtual addresses, as parts that lie side by side in physical memory. */
  private byPage(cpu: number, address: bigint, bytes: Uint8Array, see: (gpa: number, part: Uint8Array) => void): void {
    if (!this.software.active) return;
    for (let done = 0; done < bytes.length;) {
      const va = BigInt.asUintN(64, address + BigInt(done));
      const end = Math.min(bytes.length, done + 4096 - Number(va & 0xfffn));
      const gpa = this.translate(cpu, va);
      if (gpa !== undefined) see(gpa, bytes.subarray(done, end));
      done = end;
    }
  }

  getRegister(cpu: number, id: bigint): bigint { return this.vcpu(cpu).getOneReg(id); }
  setRegister(cpu: number, id: bigint, value: bigint): void { this.vcpu(cpu).setOneReg(id, value); }

  // ---- the machine's side
  /** A debug exit of a CPU: false where it is the guest's own, which shall get it. */
  exit(cpu: number, exit: KvmDebugExit): boolean {
    const stop = this.meaning(cpu, exit);
    if (stop === undefined) return false;
    if (stop === 'on') return true;
    this.at(cpu).stop = { cpu, ...stop };
    if (!this.allStop) this.host.halt(cpu);
    else for (const n of this.state.keys()) this.host.halt(n);
    return true;
  }

  /** Whose exit it is; undefined: the guest's; 'on': a step among several. */
  private meaning(cpu: number, { hsr, far }: KvmDebugExit): Omit<DebugStop, 'cpu'> | 'on' | undefined {
    const { run } = this.at(cpu);
    const pc = this.vcpu(cpu).getOneReg(KVM_REG_ARM_CORE.PC);
    switch (hsr >>> 26) {
      case EC_STEP: {
        if (run.kind !== 'step') return 'on';
        const [from, to] = run.within ?? [0n, 0n];
        return pc >= from && pc < to ? 'on' : { reason: 'step' };
      }
      case EC_BRK: return this.software.has(pc) ? { reason: 'software' } : undefined;
      case EC_BREAKPOINT: return this.hardware.findBreakpoint(pc) ? { reason: 'hardware' } : undefined;
      case EC_WATCHPOINT: {
        const watch = this.hardware.findWatchpoint(far, WIDEST);
        return watch && { reason: 'watchpoint', watchpoint: { kind: kindOf[watch.access], address: watch.address, length: watch.length } };
      }
      default: return undefined;
    }
  }

  private armAll(): void {
    for (const cpu of this.state.keys()) this.arm(cpu);
  }

  /** What KVM shall stop the CPU for. */
  private arm(cpu: number): void {
    let control = this.at(cpu).run.kind === 'step' ? KVM_GUESTDBG_SINGLESTEP | (this.stepsTakeInterrupts ? 0 : KVM_GUESTDBG_BLOCKIRQ) : 0;
    if (this.software.active) control |= KVM_GUESTDBG_USE_SW_BP;
    if (this.hardware.active) control |= KVM_GUESTDBG_USE_HW;
    if (control) control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_TESSERA_SHARED;
    this.vcpu(cpu).setGuestDebug({ control, arch: this.hardware.registers() });
    this.host.changed(cpu);
  }

  private at(cpu: number): CpuDebug {
    const debug = this.state[cpu];
    if (!debug) throw new KvmError('EINVAL', `there is no CPU ${cpu}`);
    return debug;
  }

  private vcpu(cpu: number): Vcpu {
    this.at(cpu);
    return this.host.parts.vcpus[cpu]!;
  }
}

function watchpointKind(kind: number): WatchpointKind {
  if (kind === WATCHPOINT_WRITE || kind === WATCHPOINT_READ || kind === WATCHPOINT_ACCESS) return kind;
  throw new KvmError('ENOSYS', `there is no kind ${kind} of breakpoints`);
}
