/** What a machine asks of the host it runs on. */
import type { VcpuThreadResult } from './vcpu-thread.ts';

export interface HostLoop {
  /** Lets everything else that waits in the host's event loop have its turn. */
  yield(): Promise<void>;
  /** Until `wake` is called or the clock reaches `until` (ns; undefined: no such time); `wake` before `sleep` counts. */
  sleep(until: bigint | undefined): Promise<void>;
  wake(): void;
}

/** Kicks a vCPU that is still running after a time; generated code leaves the host's event loop no turn to do it. */
export interface SliceTimer {
  /** Replaces the time, in milliseconds from now. */
  startSlice(ms: number): void;
  /** It came back before: no kick. */
  stop(): void;
}

/** A thread that runs `runVcpuThread`. */
export interface VcpuThread {
  /** Resolved when the thread has attached to the machine. */
  readonly ready: Promise<void>;
  /** Resolved only if it ends before it is told to; one line says why. */
  readonly failed: Promise<string>;
  /** After the mailbox said so: what the thread has to tell; undefined where it failed. */
  end(): Promise<VcpuThreadResult | undefined>;
}
