/** The monitor's commands: a few of QEMU's (qemu(1), "Monitor") about the running machine, from a terminal or a debugger. */
import { nearest } from '../base/nearest.ts';

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
