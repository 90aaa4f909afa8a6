/** Two machines on counted time that must do the same, one in the cold tier alone. */
import { engineState } from '../../../src/isa/arch.ts';
import { sizeOf } from '../../../src/base/layout.ts';
import { layout, SINK } from '../../../src/guest/aarch64/state.ts';
import type { MachineRequest } from '../../../src/machine/create.ts';
import type { Ending } from '../../../src/machine/machine.ts';
import type { EngineCpu } from '../../../src/vcpu/loop.ts';
import { CountedMachine } from './machine.ts';

/** What the engine keeps for itself in a CPU's state; the PC is everybody's. */
const own = new Set(Object.keys(engineState).filter(name => name !== 'pc'));
const compared = Object.entries(layout.fields).filter(([name]) => !own.has(name));

export class Pair {
  readonly cold: CountedMachine;
  readonly compiling: CountedMachine;

  private readonly memory: number;

  /** `memory`: bytes of RAM that both have. */
  constructor(memory: number, cold: MachineRequest, compiling: MachineRequest) {
    this.memory = memory;
    this.cold = new CountedMachine(cold);
    this.compiling = new CountedMachine(compiling);
  }

  get instructions(): bigint { return this.cold.cpu.retired; }

  /** What the compiling machine has compiled. */
  get compiled(): string {
    const counters = this.compiling.created.counters();
    return `${counters['units compiled']} units with ${counters['instructions compiled']} instructions were compiled`;
  }

  async quantum(): Promise<Ending | undefined> {
    const ended = await this.cold.quantum();
    const other = await this.compiling.quantum();
    return ended ?? other;
  }

  /** Runs some instructions of the next quantum; gives the PC where they begin. Neither machine can go on after that. */
  part(instructions: number): string {
    const from = this.place();
    for (const { cpu } of [this.cold, this.compiling]) {
      cpu.setBudget(instructions);
      cpu.run();
    }
    return from;
  }

  place(): string {
    const { created, cpu } = this.cold;
    return `PC 0x${layout.view(created.machine.parts.vm.arena, (cpu as unknown as EngineCpu).base).pc.toString(16)}`;
  }

  /** Of the CPUs' state, and of what has been written to the serial lines. */
  differences(): string[] {
    const [a, b] = [this.cold, this.compiling];
    const found: string[] = [];
    if (a.cpu.retired !== b.cpu.retired) found.push(`instructions: ${a.cpu.retired} and ${b.cpu.retired}`);
    if (a.output !== b.output) found.push(`output: ${JSON.stringify(a.output.slice(-80))} and ${JSON.stringify(b.output.slice(-80))}`);
    for (const [name, field] of compared) {
      // What is written in vain need not be written.
      const bytes = sizeOf[field.type] * (name === 'x' ? SINK : field.count);
      const [left, right] = [stateBytes(a, field.offset, bytes), stateBytes(b, field.offset, bytes)];
      if (Buffer.compare(left, right) !== 0) found.push(`${name}: ${hex(left)} and ${hex(right)}`);
    }
    return found;
  }

  /** Of RAM: the first page that differs. */
  memoryDifferences(): string[] {
    const [left, right] = [ram(this.cold, this.memory), ram(this.compiling, this.memory)];
    for (let at = 0; at < left.length; at += 4096) {
      if (Buffer.compare(left.subarray(at, at + 4096), right.subarray(at, at + 4096)) !== 0) return [`RAM differs in the page at offset 0x${at.toString(16)}`];
    }
    return [];
  }
}

function ram({ created: { machine } }: CountedMachine, size: number): Uint8Array {
  const { vm, ram: at } = machine.parts;
  return vm.arena.u8.subarray(at, at + size);
}

function stateBytes({ created, cpu }: CountedMachine, offset: number, bytes: number): Uint8Array {
  const at = (cpu as unknown as EngineCpu).base + offset;
  return created.machine.parts.vm.arena.u8.subarray(at, at + bytes);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
