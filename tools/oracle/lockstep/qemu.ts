/**
 * A `virt` machine of QEMU under its GDB server. Its RAM is a file that both sides can look into; its time goes by
 * instructions, so that the same command line gives the same run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readSync, closeSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RspClient } from './rsp.ts';
import { fromHex, targetRegisters, toHex, type TargetRegister } from './target.ts';

export interface QemuOptions {
  readonly cpu: string;
  readonly memory: number;
  readonly gicVersion: 2 | 3;
  /** Further arguments: -kernel, -initrd, -append, -dtb. */
  readonly args: readonly string[];
}

/** SSTEP_ENABLE, and SSTEP_NOTIMER, without which timers expire every few thousand steps. Interrupts are taken with both. */
const STEP_WITH_TIMERS = 1;
const STEP_WITHOUT_TIMERS = 5;
const SIGINT_STOP = /^T0[25]/;

export class Qemu {
  readonly registers: ReadonlyMap<string, TargetRegister>;
  private readonly child: ChildProcess;
  private readonly client: RspClient;
  private readonly directory: string;

  private constructor(child: ChildProcess, client: RspClient, directory: string, registers: ReadonlyMap<string, TargetRegister>) {
    this.child = child;
    this.client = client;
    this.directory = directory;
    this.registers = registers;
  }

  /** Everything is loaded; no instruction has been run. Throws where there is no QEMU or it doesn't start. */
  static async start({ cpu, memory, gicVersion, args }: QemuOptions): Promise<Qemu> {
    const directory = mkdtempSync(join(tmpdir(), 'lockstep-'));
    const child = spawn('qemu-system-aarch64', [
      '-M', `virt,gic-version=${gicVersion},memory-backend=ram`, '-cpu', cpu, '-m', `${memory / 2 ** 20}M`,
      '-object', `memory-backend-file,id=ram,size=${memory},mem-path=${join(directory, 'ram')},share=on`,
      '-display', 'none', '-serial', 'null', '-monitor', 'none', '-nic', 'none', '-rtc', 'base=2020-01-01,clock=vm', '-seed', '1',
      '-icount', 'shift=0', '-S', '-gdb', `unix:${join(directory, 'gdb')},server=on,wait=off`, ...args,
    ], { stdio: ['ignore', 'ignore', 'pipe'] });
    // A busy QEMU doesn't answer SIGTERM, and must not stay behind.
    process.once('exit', () => child.kill('SIGKILL'));
    let complaint = '';
    child.stderr.on('data', (bytes: Buffer) => { complaint += bytes.toString(); });
    child.on('error', error => { complaint += error.message; });
    try {
      const client = new RspClient(await connection(join(directory, 'gdb'), child));
      const registers = await targetRegisters(client);
      const qemu = new Qemu(child, client, directory, registers);
      await qemu.timers(false);
      return qemu;
    } catch (error) {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true });
      throw new Error(`QEMU does not start: ${complaint || String(error)}`);
    }
  }

  close(): void {
    this.client.close();
    this.child.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Whether timers expire while stepping. */
  async timers(on: boolean): Promise<void> {
    await this.client.request(`Qqemu.sstep=${on ? STEP_WITH_TIMERS : STEP_WITHOUT_TIMERS}`);
  }

  /** One instruction, or one exception that is taken instead. False: the machine has ended. */
  async step(): Promise<boolean> {
    return (await this.client.request('s')).startsWith('T');
  }

  /** X0 to X30, SP, PC in 64 bits each, and PSTATE in 32. */
  async core(): Promise<Buffer> {
    return Buffer.from(await this.client.request('g'), 'hex');
  }

  async read(names: readonly string[]): Promise<bigint[]> {
    const answers = await this.client.requestAll(names.map(name => `p${this.register(name).number.toString(16)}`));
    return answers.map((answer, i) => {
      if (answer.startsWith('E')) throw new Error(`QEMU doesn't read ${names[i]}: ${answer}`);
      return fromHex(answer);
    });
  }

  async write(name: string, value: bigint): Promise<void> {
    const { number, bits } = this.register(name);
    const answer = await this.client.request(`P${number.toString(16)}=${toHex(value, bits)}`);
    if (answer !== 'OK') throw new Error(`QEMU doesn't write ${name}: ${answer}`);
  }

  /** Runs to an address, or for `ms` milliseconds of this host; what comes first. */
  async run(until: bigint | undefined, ms: number): Promise<void> {
    const at = until?.toString(16);
    if (at !== undefined) await this.client.request(`Z1,${at},4`);
    const stopped = this.client.request('c');
    const timer = setTimeout(() => this.client.interrupt(), ms);
    const answer = await stopped;
    clearTimeout(timer);
    if (!SIGINT_STOP.test(answer)) throw new Error(`QEMU ended instead of stopping: ${answer}`);
    if (at !== undefined) await this.client.request(`z1,${at},4`);
  }

  /** Calls back with the whole RAM in parts, as it is now. */
  eachPart(partBytes: number, each: (at: number, part: Buffer) => void): void {
    const file = openSync(join(this.directory, 'ram'), 'r');
    try {
      const part = Buffer.alloc(partBytes);
      for (let at = 0; ; at += partBytes) {
        const bytes = readSync(file, part, 0, partBytes, at);
        if (bytes === 0) return;
        each(at, part.subarray(0, bytes));
      }
    } finally {
      closeSync(file);
    }
  }

  has(name: string): boolean {
    return this.registers.has(name);
  }

  /** With SVE V registers are the Z registers, of the same length. */
  private register(name: string): TargetRegister {
    const register = this.registers.get(name) ?? this.registers.get(name.replace(/^v(?=\d)/, 'z'));
    if (!register) throw new Error(`QEMU has no register ${name}`);
    return register;
  }
}

async function connection(path: string, child: ChildProcess): Promise<Socket> {
  for (let tries = 0; ; tries++) {
    try {
      return await new Promise((resolve, reject) => {
        const socket = connect(path);
        socket.once('connect', () => resolve(socket));
        socket.once('error', reject);
      });
    } catch (error) {
      if (tries === 250 || child.exitCode !== null || child.pid === undefined) throw error;
      await delay(20);
    }
  }
}
