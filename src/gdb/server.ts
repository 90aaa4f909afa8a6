/** A GDB server for one machine: debuggers come one after the other, each over a stream of its own. */
import { Session, type GdbMachine } from './session.ts';
import type { ByteStream } from './stream.ts';

export class GdbServer {
  private readonly machine: GdbMachine;
  private session: Session | undefined;

  constructor(machine: GdbMachine) {
    this.machine = machine;
  }

  /** Serves a debugger until it leaves. A second one at the same time is turned away. */
  async serve(stream: ByteStream): Promise<void> {
    if (this.session) {
      stream.close();
      return;
    }
    const session = new Session(this.machine, stream);
    this.session = session;
    try {
      await session.run();
    } finally {
      this.session = undefined;
    }
  }

  /** The machine has ended, with a status as processes have it. */
  machineEnded(status: number): void { this.session?.ended(status); }

  /** Turns away who is there. */
  close(): void { this.session?.close(); }
}
