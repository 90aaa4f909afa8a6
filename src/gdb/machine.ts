/** A machine as the server debugs it. */
import type { Machine } from '../machine/index.ts';
import { aarch64 } from './aarch64/architecture.ts';
import type { GdbMachine } from './session.ts';

export interface GdbMachineParts {
  /** A line for the machine's monitor; its answer. */
  readonly monitor?: (line: string) => string;
  /** Ends the machine; without it `Machine.stop` does. */
  readonly kill?: () => void;
}

export function gdbMachine(machine: Machine, { monitor, kill }: GdbMachineParts = {}): GdbMachine {
  const { vcpus } = machine.parts;
  return {
    target: machine.debug,
    architecture: aarch64(vcpus[0]!.getRegList()),
    describe: cpu => `CPU#${cpu} [${vcpus[cpu]!.runnable ? 'running' : 'halted'}]`,
    monitor: monitor ?? (() => 'this machine has no monitor\n'),
    kill: kill ?? (() => machine.stop()),
  };
}
