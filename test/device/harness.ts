/** A device alone with a mock clock, its interrupt line and its console, driven through its registers. */
import { Arena } from '../../src/base/arena.ts';
import { MockClock } from '../../src/base/clock.ts';
import { createLog, type LogTopic } from '../../src/base/log.ts';
import { QueueConsole } from '../../src/device/console.ts';
import type { Device } from '../../src/device/device.ts';

export class Bench {
  readonly arena = new Arena(65536, false);
  readonly clock = new MockClock();
  readonly lines: string[] = [];
  readonly log = createLog(new Set<LogTopic>(['guest_errors', 'unimp']), line => this.lines.push(line));
  readonly sent: number[] = [];
  readonly console = new QueueConsole(byte => this.sent.push(byte));
  level = false;
  readonly irq = {
    set: (level: boolean): void => {
      this.level = level;
    },
  };

  get text(): string {
    return String.fromCharCode(...this.sent);
  }
  type(text: string): void {
    this.console.send(new TextEncoder().encode(text));
  }
  /** Time goes on, and the device is told when it asked to be. */
  advance(device: Device, ns: bigint): void {
    const end = this.clock.now() + ns;
    for (let due = device.tick(); due !== undefined && due <= end; due = device.tick()) this.clock.ns = due;
    this.clock.ns = end;
    device.tick();
  }
}

export const r32 = (device: Device, offset: number): number => device.read(offset, 4);
export const w32 = (device: Device, offset: number, value: number): void => device.write(offset, 4, value);
export const ids = (device: Device): number[] => Array.from({ length: 8 }, (_, i) => r32(device, 0xfe0 + 4 * i));
