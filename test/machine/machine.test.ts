/** The machine around a vCPU whose engine is a script: what it serves, how it waits, and how it ends. */
import { expect, test } from 'vitest';
import { MockClock } from '../../src/base/clock.ts';
import { createLog, type LogTopic } from '../../src/base/log.ts';
import { QueueConsole } from '../../src/device/console.ts';
import { cpuModels } from '../../src/guest/aarch64/index.ts';
import { createArm64, Kvm } from '../../src/kvm/index.ts';
import type { HostLoop } from '../../src/machine/host.ts';
import { Machine, type Ending } from '../../src/machine/machine.ts';
import type { MachineOptions } from '../../src/machine/options.ts';
import { virt } from '../../src/machine/virt.ts';
import { elf64 } from '../boot/files.ts';
import { call, FakeCpu, guest, kicked, read, write, type Step } from '../kvm/fake-cpu.ts';

const MiB = 2 ** 20,
  RAM = 0x4000_0000,
  UART = 0x0900_0000,
  GPIO = 0x0903_0000,
  FW_CFG = 0x0902_0000;
const SYSTEM_OFF = 0x8400_0008,
  SYSTEM_RESET = 0x8400_0009;

/** Sleeping moves the mock clock; what a test wants to happen meanwhile is in `meanwhile`, one for each sleep. */
class MockLoop implements HostLoop {
  readonly log: string[] = [];
  readonly meanwhile: (() => void)[] = [];
  private readonly clock: MockClock;
  private woken = false;
  constructor(clock: MockClock) {
    this.clock = clock;
  }
  yield(): Promise<void> {
    this.log.push('yield');
    return Promise.resolve();
  }
  sleep(until: bigint | undefined): Promise<void> {
    this.log.push(`sleep ${until}`);
    this.meanwhile.shift()?.();
    if (!this.woken) {
      if (until === undefined) throw new Error('the machine would sleep for ever');
      if (until > this.clock.ns) this.clock.ns = until;
    }
    this.woken = false;
    return Promise.resolve();
  }
  wake(): void {
    this.woken = true;
  }
}

interface Rig {
  machine: Machine;
  cpus: FakeCpu[];
  loop: MockLoop;
  clock: MockClock;
  console: QueueConsole;
  lines: string[];
  slices: number[];
  text(): string;
}

function rig(script: Step[], options: Partial<MachineOptions> = {}): Rig {
  const clock = new MockClock();
  const loop = new MockLoop(clock);
  const lines: string[] = [],
    sent: number[] = [],
    cpus: FakeCpu[] = [],
    slices: number[] = [];
  const log = createLog(new Set<LogTopic>(['guest_errors']), line => lines.push(line));
  const console = new QueueConsole(byte => sent.push(byte));
  const kvm = new Kvm(
    createArm64({
      clock,
      log,
      random: () => 1n,
      model: cpuModels['cortex-a57'],
      createCpu: spec => {
        const cpu = new FakeCpu(spec);
        cpus.push(cpu);
        return cpu;
      },
    }),
  );
  const machine = new Machine(
    { board: virt, cpuCompatible: 'arm,cortex-a57', memory: 16 * MiB, smp: 1, gicVersion: 3, ...options },
    {
      kvm,
      clock,
      log,
      console,
      loop,
      random: n => new Uint8Array(n),
      gunzip: d => d,
      slices: () => ({
        startSlice: ms => {
          slices.push(ms);
        },
        stop: () => {},
      }),
    },
  );
  cpus[0]?.script.push(...script);
  return { machine, cpus, loop, clock, console, lines, slices, text: () => String.fromCharCode(...sent) };
}
const off = call('hvc', SYSTEM_OFF);
const wfi = guest('wfi');
const poweroff: Ending = { kind: 'poweroff' };

test('MMIO goes to the devices and comes back', async () => {
  const { machine, cpus, text } = rig([write(UART, 0x48), write(UART, 0x69, 1), read(UART + 0xfe0), read(FW_CFG, 8), off]);
  expect(await machine.run()).toEqual(poweroff);
  expect(text()).toBe('Hi');
  expect(cpus[0]?.answers).toEqual([0n, 0n, 0x11n, 0x554d_4551n]);
});

test('C1.1: an access to nothing is an external abort for the guest and a line in the log', async () => {
  const { machine, cpus, lines } = rig([read(0x0a00_4000), write(0x3000_0000, 1, 8), off]);
  expect(await machine.run()).toEqual(poweroff);
  expect(cpus[0]?.events.filter(e => e === 'abort')).toHaveLength(2);
  expect(lines).toEqual([
    'guest_errors: read of 0xa004000, where nothing is, 4 bytes',
    'guest_errors: write to 0x30000000, where nothing is, 8 bytes',
  ]);
});

test('C1.1: all 32 virtio-mmio slots answer as empty, and nothing behind them', async () => {
  const slots = Array.from({ length: 32 }, (_, n) => read(0x0a00_0000 + 0x200 * n));
  const { machine, cpus } = rig([...slots, off]);
  await machine.run();
  expect(new Set(cpus[0]?.answers)).toEqual(new Set([0x7472_6976n]));
});

test('the host gets its turn after every kick, and each run has a slice of less than 10 ms', async () => {
  const { machine, loop, slices } = rig([kicked, kicked, off]);
  expect(await machine.run()).toEqual(poweroff);
  expect(loop.log).toEqual(['yield', 'yield']);
  expect(slices).toHaveLength(3);
  expect(Math.max(...slices)).toBeLessThan(10);
});

test('an idle guest sleeps until its own timer', async () => {
  const CNTV_CTL = 0xdf19,
    CNTV_CVAL = 0xdf1a; // op0 3, op1 3, CRn 14, CRm 3, op2 1 and 2
  const { machine, loop } = rig([
    cpu => {
      cpu.spec.platform.writeSystem(CNTV_CVAL, 62_500n); // a millisecond
      cpu.spec.platform.writeSystem(CNTV_CTL, 1n);
      return wfi;
    },
    off,
  ]);
  loop.meanwhile.push(() => {
    machine.stop();
  });
  expect(await machine.run()).toEqual({ kind: 'stopped' });
  expect(loop.log).toEqual(['sleep 1000000']);
});

test('one character wakes an idle guest by the receive timeout, and an idle machine by nothing else', async () => {
  const { machine, console, loop } = rig([
    write(UART + 0x24, 13),
    write(UART + 0x2c, 0x70),
    write(UART + 0x30, 0x301),
    write(UART + 0x38, 0x50),
    wfi,
  ]);
  const levels: string[] = [];
  machine.parts.vm.irqLine = ({ irq, level }): void => {
    levels.push(`${irq & 0xffff} ${Boolean(level)}`);
  };
  loop.meanwhile.push(
    () => {
      console.send([0x61]);
    },
    () => {},
    () => {
      machine.stop();
    },
  );
  expect(await machine.run()).toEqual({ kind: 'stopped' });
  expect(loop.log).toEqual(['sleep undefined', 'sleep 277334', 'sleep undefined']);
  expect(levels).toEqual(['33 true']);
});

test('the power key raises interrupt 39 for a guest that listens', async () => {
  const { machine, loop } = rig([write(GPIO + 0x408, 8), write(GPIO + 0x410, 8), wfi, wfi]);
  const levels: string[] = [];
  machine.parts.vm.irqLine = ({ irq, level }): void => {
    levels.push(`${irq & 0xffff} ${Boolean(level)}`);
  };
  loop.meanwhile.push(
    () => {
      machine.pressPowerKey();
    },
    () => {
      machine.stop();
    },
  );
  expect(await machine.run()).toEqual({ kind: 'stopped' });
  expect(levels).toEqual(['39 true']);
});

test('a reset starts over: devices, interrupt controller, memory, CPU', async () => {
  const program = elf64([{ address: RAM + MiB, bytes: [1, 2, 3, 4], size: 8 }], { entry: RAM + MiB });
  const { machine, cpus, text } = rig([], { kernel: { name: 'p', data: program } });
  const ram = machine.parts.ram;
  const { u8 } = machine.parts.vm.arena;
  cpus[0]?.script.push(
    cpu => {
      expect(cpu.guest.state.pc).toBe(BigInt(RAM + MiB));
      u8.fill(0xee, ram + MiB, ram + MiB + 16);
      cpu.guest.state.pc = 5n;
      return write(UART + 0x38, 0x7ff);
    },
    call('hvc', SYSTEM_RESET),
    cpu => {
      expect(cpu.guest.state.pc).toBe(BigInt(RAM + MiB));
      expect([...u8.subarray(ram + MiB, ram + MiB + 9)]).toEqual([1, 2, 3, 4, 0, 0, 0, 0, 0xee]);
      return read(UART + 0x38);
    },
    off,
  );
  expect(await machine.run()).toEqual(poweroff);
  expect(cpus[0]?.answers.at(-1)).toBe(0n);
  expect(text()).toBe('');
});

test('-no-reboot: a reset ends the run', async () => {
  const { machine } = rig([call('hvc', SYSTEM_RESET)], { reboot: false });
  expect(await machine.run()).toEqual({ kind: 'reset' });
});

test('C1.4: the first CPU starts at the kernel with the device tree in X0, the others are off', async () => {
  const { machine, cpus } = rig(
    [
      cpu => {
        const { u8 } = machine.parts.vm.arena;
        const dtb = machine.parts.ram + Number(cpu.guest.state.x[0]) - RAM;
        expect([...u8.subarray(dtb, dtb + 4)]).toEqual([0xd0, 0x0d, 0xfe, 0xed]);
        expect(cpu.guest.state.pc).toBe(BigInt(RAM + 0x80000));
        return kicked;
      },
      off,
    ],
    { kernel: { name: 'raw', data: Uint8Array.of(1, 0, 0, 0) }, smp: 2, memory: 32 * MiB },
  );
  expect(await machine.run()).toEqual(poweroff);
  expect(cpus[1]?.events).not.toContain('run');
});

test('firmware starts at 0 from memory that the CPU may not write; its commands reach the flash', async () => {
  const { machine, cpus } = rig([], { bios: { name: 'fw', data: Uint8Array.of(9, 8, 7, 6) } });
  const { memory, arena } = machine.parts.vm;
  expect(memory.find(0)).toMatchObject({ size: 64 * MiB, readonly: true });
  expect([...arena.u8.subarray(memory.at(0, 4), memory.at(0, 4) + 4)]).toEqual([9, 8, 7, 6]);
  const isMemory: boolean[] = [];
  const look: Step = () => {
    isMemory.push(memory.find(0) !== undefined);
    return kicked;
  };
  cpus[0]?.script.push(write(0, 0x0098_0098), look, read(0x40), write(0, 0x00ff_00ff), look, off);
  expect(await machine.run()).toEqual(poweroff);
  expect(isMemory).toEqual([false, true]);
  expect(cpus[0]?.answers[1]).toBe(0x0051_0051n); // the Q of QRY, from both chips
});

test('a CPU that cannot go on ends the machine with one line', async () => {
  const { machine } = rig([{ kind: 'guest', exit: { kind: 'nonsense' } as never }]);
  expect(await machine.run()).toEqual({
    kind: 'error',
    message: expect.stringMatching(/^the virtual CPU stopped with KVM exit 17 at PC 0x\w+$/) as string,
  });
});

test('semihosting: SYS_WRITE0 prints and SYS_EXIT ends with the status', async () => {
  const { machine, cpus, text } = rig([]);
  const put = (at: number, bytes: readonly number[]): void => {
    machine.parts.vm.arena.u8.set(bytes, machine.parts.ram + at);
  };
  put(0x8000, [...new TextEncoder().encode('hello\n'), 0]);
  put(0x9000, [0x26, 0, 2, 0, 0, 0, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0]);
  const semihost =
    (operation: number, parameter: number): Step =>
    cpu => {
      cpu.guest.state.x[0] = BigInt(operation);
      cpu.guest.state.x[1] = BigInt(RAM + parameter);
      return guest('semihost');
    };
  cpus[0]?.script.push(semihost(4, 0x8000), semihost(0x18, 0x9000));
  expect(await machine.run()).toEqual({ kind: 'exit', status: 42 });
  expect(text()).toBe('hello\n');
});
