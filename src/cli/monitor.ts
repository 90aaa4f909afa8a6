/** The monitor's line at the terminal. */
import { monitorCommand, type MonitorTarget } from '../machine/index.ts';

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
