/** An emulator as a process with a serial line: what it says, and the CPU time that it has used. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Ticks a second in /proc/PID/stat (proc(5)); Linux has 100 everywhere. */
const TICKS = 100;

export class Emulator {
  private readonly child: ChildProcess;
  private said = '';
  private from = 0;
  private look: () => void = () => {};
  /** How, once it has. */
  private ended: string | undefined;

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const hear = (chunk: string): void => {
      this.said += chunk;
      this.look();
    };
    this.child.stdout?.setEncoding('utf8').on('data', hear);
    this.child.stderr?.setEncoding('utf8').on('data', hear);
    this.child.on('error', error => hear(`\n${error.message}\n`));
    this.child.on('close', (code, signal) => {
      this.ended = `the emulator ended with ${signal ?? `status ${code}`}`;
      this.look();
    });
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** What is said up to `text`, which is waited for. Throws with the last lines when the emulator ends or is too slow. */
  waitFor(text: string, seconds: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail(`no '${text}' in ${seconds} s`), seconds * 1000);
      const fail = (why: string): void => {
        clearTimeout(timer);
        this.look = () => {};
        reject(new Error(`${why}: …${this.said.slice(-400)}`));
      };
      this.look = () => {
        const at = this.said.indexOf(text, this.from);
        if (at >= 0) {
          clearTimeout(timer);
          this.look = () => {};
          const heard = this.said.slice(this.from, at);
          this.from = at + text.length;
          resolve(heard);
        } else if (this.ended !== undefined) fail(this.ended);
      };
      this.look();
    });
  }

  /** CPU seconds of all its threads so far: user and system. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  }

  /** MiB that are resident now. */
  residentMiB(): number {
    const pages = Number(readFileSync(`/proc/${this.child.pid}/statm`, 'utf8').split(' ')[1]);
    return pages * 4096 / 2 ** 20;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}
