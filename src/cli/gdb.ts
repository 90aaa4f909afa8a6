/** The GDB server of a run: `-gdb tcp:HOST:PORT` or `-gdb stdio`. */
import { gdbMachine, GdbServer, type GdbMachineParts } from '../gdb/index.ts';
import { nodeStream } from '../host/node/byte-stream.ts';
import { listen } from '../host/node/tcp.ts';
import type { Machine } from '../machine/index.ts';
import type { GdbChannel } from './gdb-channel.ts';

/** Where no host is given, only this machine can connect: whoever does may do anything to the guest. */
const THIS_MACHINE = 'localhost';

export interface GdbService {
  /** The machine has ended with this status. */
  end(status: number): void;
}

/** Throws a TesseraError where the port can't be had. */
export async function startGdb(channel: GdbChannel, machine: Machine, parts: GdbMachineParts, say: (line: string) => void): Promise<GdbService> {
  const server = new GdbServer(gdbMachine(machine, parts));
  const finish = (status: number): void => {
    server.machineEnded(status);
    server.close();
  };
  if (channel.kind === 'stdio') {
    void server.serve(nodeStream(process.stdin, process.stdout, () => process.stdin.destroy()));
    return { end: finish };
  }
  const { host, port } = channel;
  const listener = await listen(`-gdb tcp:${host}:${port}`, host || THIS_MACHINE, port, stream => void server.serve(stream));
  if (port === 0) say(`-gdb: debuggers can connect to port ${listener.port}`);
  return {
    end: status => {
      listener.close();
      finish(status);
    },
  };
}
