/** An event that one side signals and another waits for: what stands for Linux's eventfd in irqfd and ioeventfd. */

const LIMIT = (1n << 64n) - 1n;

export class EventFd {
  private count = 0n;
  private readonly listeners = new Set<() => void>();

  /** Adds to the counter, which stays below 2^64 - 1, and calls who listens. */
  signal(n = 1n): void {
    this.count = this.count + n < LIMIT ? this.count + n : LIMIT - 1n;
    for (const listener of [...this.listeners]) listener();
  }

  /** The counter, which is 0 afterwards. */
  read(): bigint {
    const { count } = this;
    this.count = 0n;
    return count;
  }

  /** Called at each signal, in the thread that signals. What it returns ends that. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }
}
