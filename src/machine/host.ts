/** What a machine asks of the host it runs on. */

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
}
