/** The lines between the machine's serial port, the monitor, a script, files and the terminal. */
import { closeSync, writeSync } from 'node:fs';
import { BREAK, QueueConsole } from '../device/console.ts';
import { createOutput } from '../host/node/files.ts';
import { openTerminal, type Terminal } from '../host/node/terminal.ts';
import type { MonitorTarget } from '../machine/index.ts';
import { MonitorLine } from './monitor.ts';
import { Mux } from './mux.ts';
import type { RunOptions } from './options.ts';
import { OutputBuffer } from './output.ts';
import { Script } from './script.ts';

export interface Lines {
  /** The end for the machine. */
  readonly serial: QueueConsole;
  readonly script: Script;
  /** Begins to take keys, and to talk to the guest if there is a script. */
  start(target: MonitorTarget): void;
  /** Lets out what was gathered up. */
  flush(): void;
  /** Gives the terminal back. */
  close(): void;
}

const CTRL_C = 3;

/** Throws a TesseraError where a file can't be written. `onBroken`: nobody reads standard output any more. */
export function connect(options: RunOptions, onBroken: () => void): Lines {
  const { serial: target, monitor } = options;
  let terminal: Terminal | undefined;
  const file = target.kind === 'file' ? createOutput('-serial', target.path) : undefined;
  const output = new OutputBuffer(bytes => {
    if (file !== undefined) writeSync(file, bytes);
    else if (target.kind !== 'null') terminal?.write(bytes);
  });
  const script = new Script(options.script, keys => serial.send(keys));
  const serial = new QueueConsole(byte => {
    output.push(byte);
    script.output(byte);
  });
  const usesTerminal = target.kind === 'stdio' || target.kind === 'mux' || monitor.kind === 'stdio';

  function attach(open: Terminal, machine: MonitorTarget): void {
    const say = (text: string): void => {
      output.flush();
      open.write(text);
    };
    const line = monitor.kind === 'null' ? undefined : new MonitorLine(machine, say, open.raw);
    if (monitor.kind === 'stdio' && target.kind !== 'mux') {
      line?.focus();
      open.onData(bytes => bytes.forEach(byte => line?.key(byte)));
    } else if (target.kind === 'mux') {
      // Escape keys are for a person; what comes through a pipe is the guest's, byte for byte.
      const mux = new Mux({
        serial: bytes => serial.send(bytes), serialBreak: () => serial.send([BREAK]), say, quit: () => machine.quit(), monitor: line,
      });
      open.onData(bytes => (open.raw ? mux.input(bytes) : serial.send(bytes)));
    } else {
      open.onData(bytes => {
        if (open.raw && bytes.includes(CTRL_C)) machine.quit();
        else serial.send(bytes);
      });
    }
  }

  return {
    serial, script,
    start(machine) {
      // With a script the keys are the script's; the terminal stays as it is, so that Ctrl-C ends the run.
      if (usesTerminal) terminal = openTerminal({ input: process.stdin, output: process.stdout, onBroken, keys: options.script.length === 0 });
      if (terminal && options.script.length === 0) attach(terminal, machine);
      script.start();
    },
    flush: () => output.flush(),
    close() {
      output.flush();
      terminal?.close();
      if (file !== undefined) closeSync(file);
    },
  };
}
