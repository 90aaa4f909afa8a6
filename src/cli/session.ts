/** One run of a machine from the command line: files and options in, the guest at the terminal, an exit status out. */
import { createLog, silentLog, type Log } from '../base/log.ts';
import { createAlarms } from '../host/node/alarm.ts';
import { hostClock } from '../host/node/clock.ts';
import { appendFile, readInput, writeOutput } from '../host/node/files.ts';
import { createHostLoop } from '../host/node/loop.ts';
import { semihostingFolder } from '../host/node/semihosting-files.ts';
import { nodeSources } from '../host/node/sources.ts';
import { nodeThreads } from '../host/node/vcpu-threads.ts';
import { planMachine } from '../machine/boot.ts';
import { createMachine, machineOptions, type CreatedMachine, type MachineRequest } from '../machine/create.ts';
import { monitorCommand, registersText, type MonitorTarget } from '../machine/index.ts';
import type { Ending, Machine } from '../machine/machine.ts';
import { connect, type Lines } from './console.ts';
import { startGdb, type GdbService } from './gdb.ts';
import type { RunOptions } from './options.ts';
import { statsText } from './stats.ts';

/** As timeout(1) has it. */
const TIMED_OUT = 124;
const FAILED = 1;

/** Runs a machine to its end; the process's exit status. Throws a TesseraError where it can't be made. */
export async function runSession(options: RunOptions, complain: (line: string) => void): Promise<number> {
  const request = readRequest(options);
  if (options.dumpdtb !== undefined) {
    writeOutput('dumpdtb', options.dumpdtb, planMachine(machineOptions(request), nodeSources).dtb);
    return 0;
  }
  const { semihostingRoot } = options;
  const semihostingFiles = semihostingRoot === undefined ? undefined : semihostingFolder('-semihosting-config root', semihostingRoot);
  let quit: (status: number) => void = () => {};
  const lines = connect(options, () => quit(FAILED));
  const clock = hostClock(options.rtc);
  const log = openLog(options);
  const alarms = createAlarms(clock);
  let created: CreatedMachine | undefined;
  let gdb: GdbService | undefined;
  try {
    const loop = createHostLoop(clock, lines.flush);
    created = createMachine(request, {
      ...nodeSources, clock, log, console: lines.serial, loop, semihostingFiles,
      threads: options.threads ?? options.smp > 1 ? nodeThreads(clock, log, loop) : undefined,
      createAlarm: alarms.create,
    });
    const { machine, counters, close } = created;
    const watch = new Watch(machine, lines, options, complain);
    quit = status => watch.quit(status);
    if (options.waits) machine.pause();
    gdb = options.gdb && await startGdb(options.gdb, machine, {
      monitor: line => monitorCommand(line, watch.target), kill: () => watch.quit(0),
    }, complain);
    const status = await watch.run();
    gdb?.end(status);
    lines.flush();
    await close();
    if (options.stats) complain(statsText(counters(), machine.parts.vcpus, clock.now()));
    return status;
  } finally {
    gdb?.end(FAILED);
    lines.close();
    await alarms.close();
  }
}

function readRequest(options: RunOptions): MachineRequest {
  const { machine: board, cpu, cpuProperties, memory, smp, topology, gicVersion, its, semihosting, reboot, kernel, initrd, dtb, bios, append } = options;
  const file = (flag: string, path: string): { name: string; data: Uint8Array } => ({ name: path, data: readInput(flag, path) });
  return {
    board, cpu, cpuProperties, memory, smp, gicVersion, its, reboot, semihosting: semihosting && options.semihostingUserspace ? 'userspace' : semihosting,
    ...(topology && { topology }),
    ...(options.chaos !== undefined && { chaos: options.chaos }),
    ...(kernel !== undefined && { kernel: file('-kernel', kernel) }),
    ...(initrd !== undefined && { initrd: file('-initrd', initrd) }),
    ...(dtb !== undefined && { dtb: file('-dtb', dtb) }),
    ...(bios !== undefined && { bios: file('-bios', bios) }),
    ...commandLine(append, options.semihostingArguments),
  };
}

/** A program under semihosting has its arguments where a kernel has its command line. */
function commandLine(append: string | undefined, words: readonly string[]): { append?: string } {
  if (append !== undefined) return { append };
  return words.length > 0 ? { append: words.join(' ') } : {};
}

function openLog({ log, logFile }: RunOptions): Log {
  if (log.size === 0) return silentLog;
  if (logFile === undefined) return createLog(log, line => process.stderr.write(`${line}\n`));
  writeOutput('-D', logFile, '');
  return createLog(log, line => appendFile(logFile, `${line}\n`));
}

/** Keeps a machine running through the monitor's stop and cont until it ends, its script is done, or its time is up. */
class Watch {
  private readonly machine: Machine;
  private readonly lines: Lines;
  private readonly options: RunOptions;
  private readonly complain: (line: string) => void;
  private status: number | undefined;
  private resetWanted = false;

  constructor(machine: Machine, lines: Lines, options: RunOptions, complain: (line: string) => void) {
    this.machine = machine;
    this.lines = lines;
    this.options = options;
    this.complain = complain;
  }

  async run(): Promise<number> {
    const { timeout, script } = this.options;
    const timer = timeout === undefined ? undefined : setTimeout(() => this.timeUp(timeout), timeout * 1000);
    this.lines.script.onSeenAll = () => this.quit(0);
    this.lines.start(this.target);
    try {
      while (this.status === undefined) this.ended(await this.machine.run());
      if (this.status === 0 && script.length > 0 && !this.lines.script.done) {
        this.complain(`the machine ended before '${this.lines.script.waitingFor}' was seen`);
        return FAILED;
      }
      return this.status;
    } finally {
      clearTimeout(timer);
    }
  }

  quit(status: number): void {
    this.status ??= status;
    this.machine.stop();
  }

  private timeUp(seconds: number): void {
    const { waitingFor } = this.lines.script;
    this.lines.flush();
    this.complain(waitingFor === undefined ? `the time of ${seconds} s is up` : `'${waitingFor}' was not seen within ${seconds} s`);
    this.quit(TIMED_OUT);
  }

  private ended(ending: Ending): void {
    switch (ending.kind) {
      case 'stopped':
        if (this.resetWanted) this.machine.reset();
        this.resetWanted = false;
        break;
      case 'poweroff':
        if (this.options.shutdown) this.status ??= 0;
        else this.machine.pause();
        break;
      case 'reset': this.status ??= 0; break;
      case 'exit': this.status ??= ending.status; break;
      case 'error':
        this.complain(ending.message);
        this.status ??= FAILED;
        break;
    }
  }

  get target(): MonitorTarget {
    const { machine } = this;
    return {
      registers: () => machine.parts.vcpus.map(registersText).join('\n'),
      status: () => (machine.paused ? 'paused' : 'running'),
      reset: () => {
        this.resetWanted = true;
        machine.stop();
      },
      powerdown: () => machine.pressPowerKey(),
      stop: () => machine.pause(),
      cont: () => machine.unpause(),
      quit: () => this.quit(0),
    };
  }
}
