/** CPUs that do nothing until a test says that they stopped. Each has an x0 and a pc; memory is one block. */
import type { Architecture, GdbMachine } from '../../src/gdb/index.ts';
import { KvmError } from '../../src/kvm/index.ts';
import type { DebugListener, DebugStop, DebugTarget, Resumption } from '../../src/machine/index.ts';

const MEMORY = 0x1000;
const BYTES = 0x2000;

const architecture: Architecture = {
  name: 'aarch64', general: 1, pc: 'pc', expedited: ['pc'],
  features: [
    { name: 'core', registers: ['x0', 'pc'].map((name, n) => ({ name, bits: 64, read: from => from.get(BigInt(n)), write: (to, value) => to.set(BigInt(n), value) })) },
    { name: 'more', types: '<flags id="f" size="4"/>\n', registers: [
      { name: 'status', bits: 32, type: 'f', group: 'g<1>', read: from => from.get(2n), write: (to, value) => to.set(2n, value) },
      { name: 'absent', bits: 32, read: from => from.get(3n), write: (to, value) => to.set(3n, value) },
    ] },
  ],
};

export class FakeTarget implements DebugTarget {
  readonly cpus: number;
  allStop = true;
  stepsTakeInterrupts = true;
  readonly log: string[] = [];
  readonly memory = new Uint8Array(BYTES);
  readonly registers: bigint[][];
  readonly held: boolean[];
  readonly breakpoints = new Set<string>();
  listener: DebugListener | undefined;
  /** CPUs that were told to stand still and don't yet. */
  private readonly stopping = new Set<number>();
  /** Halts take until `settle`. */
  slow = false;

  constructor(cpus: number) {
    this.cpus = cpus;
    this.registers = Array.from({ length: cpus }, (_, cpu) => [BigInt(cpu), 0x40n, 0x8000_0001n]);
    this.held = Array.from({ length: cpus }, () => false);
    this.memory.forEach((_, i) => { this.memory[i] = i & 0xff; });
  }

  attach(listener: DebugListener): void { this.listener = listener; }
  detach(): void {
    this.log.push('detach');
    this.listener = undefined;
    this.held.fill(false);
  }
  isHeld(cpu: number): boolean { return this.held[cpu]!; }
  pause(cpus: readonly number[] = [...this.held.keys()]): void {
    const running = cpus.filter(cpu => !this.held[cpu]);
    for (const cpu of running) this.stopping.add(cpu);
    if (!this.slow) this.settle();
  }
  settle(): void {
    const cpus = [...this.stopping];
    this.stopping.clear();
    for (const cpu of cpus) this.held[cpu] = true;
    const told = this.allStop ? cpus.slice(0, 1) : cpus;
    if (told.length > 0) this.listener?.stopped(told.map(cpu => ({ cpu, reason: 'paused' })));
  }
  resume(cpus: ReadonlyMap<number, Resumption>): void {
    for (const [cpu, how] of cpus) {
      this.held[cpu] = false;
      this.log.push(`${cpu} ${how.kind}${how.kind === 'step' && how.within ? ` ${how.within.map(n => n.toString(16)).join('-')}` : ''}`);
    }
  }
  /** A CPU stops by itself. */
  stop(...stops: DebugStop[]): void {
    if (this.allStop) this.held.fill(true);
    for (const { cpu } of stops) this.held[cpu] = true;
    this.listener?.stopped(stops);
  }

  insert(kind: number, address: bigint, length: number): void {
    if (kind === 1 && this.breakpoints.size >= 2) throw new KvmError('ENOBUFS', 'full');
    if (kind === 0 && !this.read(0, address, 4)) throw new KvmError('EINVAL', 'no memory');
    this.breakpoints.add(`${kind} ${address.toString(16)} ${length}`);
  }
  remove(kind: number, address: bigint, length: number): void {
    this.breakpoints.delete(`${kind} ${address.toString(16)} ${length}`);
  }
  removeAll(): void { this.breakpoints.clear(); }

  read(_cpu: number, address: bigint, length: number): Uint8Array | undefined { return this.readPhysical(address, length); }
  write(_cpu: number, address: bigint, data: Uint8Array): boolean { return this.writePhysical(address, data); }
  /** Physical addresses are the virtual ones plus 0x10000. */
  translate(_cpu: number, address: bigint): number | undefined { return Number(address) + 0x10000; }
  readPhysical(address: bigint, length: number): Uint8Array | undefined {
    const at = Number(address & 0xffffn) - MEMORY;
    return at >= 0 && at + length <= BYTES && address < 0x20000n ? this.memory.slice(at, at + length) : undefined;
  }
  writePhysical(address: bigint, data: Uint8Array): boolean {
    if (!this.readPhysical(address, data.length)) return false;
    this.memory.set(data, Number(address & 0xffffn) - MEMORY);
    return true;
  }
  getRegister(cpu: number, id: bigint): bigint {
    const value = this.registers[cpu]![Number(id)];
    if (value === undefined) throw new KvmError('ENOENT', 'no such register');
    return value;
  }
  setRegister(cpu: number, id: bigint, value: bigint): void {
    this.getRegister(cpu, id);
    this.registers[cpu]![Number(id)] = value;
  }
}

export const fakeMachine = (target: FakeTarget): GdbMachine => ({
  target, architecture,
  describe: cpu => `CPU#${cpu} <&>`,
  monitor: line => `you said ${line}\n`,
  kill: () => { target.log.push('kill'); },
});
