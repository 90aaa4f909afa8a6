/** The monitor: a few of QEMU's commands (qemu(1), "Monitor") about the running machine. */
import { nearest } from './nearest.ts';

/** What the commands act on. */
export interface MonitorTarget {
  /** The CPU's registers as text, lines ended by \n. */
  registers(): string;
  status(): 'running' | 'paused';
  reset(): void;
  powerdown(): void;
  stop(): void;
  cont(): void;
  quit(): void;
}

interface Command {
  readonly doc: string;
  run(target: MonitorTarget): string | undefined;
}

const commands: Readonly<Record<string, Command>> = {
  'info registers': { doc: 'the CPU\'s registers', run: target => target.registers() },
  'info status': { doc: 'whether the machine runs', run: target => `VM status: ${target.status()}\n` },
  system_reset: { doc: 'reset the machine', run: target => void target.reset() },
  system_powerdown: { doc: 'press the power key', run: target => void target.powerdown() },
  stop: { doc: 'stop the machine', run: target => void target.stop() },
  cont: { doc: 'let it go on', run: target => void target.cont() },
  quit: { doc: 'end', run: target => void target.quit() },
  help: { doc: 'this list', run: () => Object.entries(commands).map(([name, { doc }]) => `${name.padEnd(18)} ${doc}\n`).join('') },
};

const ALIASES: Readonly<Record<string, string>> = { q: 'quit', c: 'cont', s: 'stop', h: 'help', '?': 'help' };

/** The answer to one command line; lines ended by \n, empty for none. */
export function monitorCommand(line: string, target: MonitorTarget): string {
  const words = line.trim().split(/\s+/).join(' ');
  if (words === '') return '';
  const name = Object.hasOwn(ALIASES, words) ? ALIASES[words]! : words;
  if (Object.hasOwn(commands, name)) return commands[name]!.run(target) ?? '';
  const guess = nearest(name, Object.keys(commands));
  return `unknown command '${words}'${guess ? `; did you mean '${guess}'?` : ' (help lists them)'}\n`;
}

const PROMPT = '(tessera) ';
const BACKSPACE = 8, CTRL_U = 21, DELETE = 127, ENTER = 13, NEWLINE = 10, PRINTABLE = 32;
const LONGEST_LINE = 1024;

/** The line that is being typed to the monitor. `echo`: the terminal is raw, so what is typed shows only if we show it. */
export class MonitorLine {
  private readonly target: MonitorTarget;
  private readonly print: (text: string) => void;
  private readonly echo: boolean;
  private line = '';

  constructor(target: MonitorTarget, print: (text: string) => void, echo: boolean) {
    this.target = target;
    this.print = print;
    this.echo = echo;
  }

  focus(): void {
    this.show(`\nTessera's monitor; help lists the commands\n${PROMPT}${this.line}`);
  }

  key(byte: number): void {
    if (byte === ENTER || byte === NEWLINE) {
      const { line } = this;
      this.line = '';
      if (this.echo) this.show('\n');
      this.show(monitorCommand(line, this.target) + PROMPT);
    } else if (byte === BACKSPACE || byte === DELETE) this.erase(1);
    else if (byte === CTRL_U) this.erase(this.line.length);
    else if (byte >= PRINTABLE && this.line.length < LONGEST_LINE) {
      this.line += String.fromCharCode(byte);
      if (this.echo) this.show(String.fromCharCode(byte));
    }
  }

  private erase(count: number): void {
    const erased = Math.min(count, this.line.length);
    this.line = this.line.slice(0, this.line.length - erased);
    if (this.echo) this.show('\b \b'.repeat(erased));
  }

  private show(text: string): void {
    this.print(this.echo ? text.replaceAll('\n', '\r\n') : text);
  }
}
