/** Which vCPUs stand still because the monitor or a debugger wants them to, one by one; who asked is told when one does. */

type State = 'runs' | 'asked' | 'halted';

export class Halts {
  /** A vCPU that was asked to stands still now: its state may be read and written until it is released. */
  onHalted: (n: number) => void = () => {};
  private readonly states: State[];

  constructor(count: number) {
    this.states = Array.from({ length: count }, () => 'runs');
  }

  /** It must not run. */
  asked(n: number): boolean { return this.states[n] !== 'runs'; }
  halted(n: number): boolean { return this.states[n] === 'halted'; }
  get all(): boolean { return this.states.every(state => state === 'halted'); }

  /** Whether that is news. */
  ask(n: number): boolean {
    if (this.asked(n)) return false;
    this.states[n] = 'asked';
    return true;
  }

  /** It is known to stand still; nothing happens where nobody asked for it, or it was said before. */
  confirm(n: number): void {
    if (this.states[n] !== 'asked') return;
    this.states[n] = 'halted';
    this.onHalted(n);
  }

  /** Whether it was to stand still until now. */
  release(n: number): boolean {
    const asked = this.asked(n);
    this.states[n] = 'runs';
    return asked;
  }
}
