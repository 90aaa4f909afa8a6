/** Packets Z and z: a breakpoint is inserted once however often it is asked for (GDB manual, "Packets", `z`). */
import { KvmError } from '../kvm/index.ts';
import type { DebugTarget } from '../machine/index.ts';

export class Breakpoints {
  private readonly target: DebugTarget;
  private readonly known = new Set<string>();

  constructor(target: DebugTarget) {
    this.target = target;
  }

  /** Throws a KvmError as DebugTarget.insert. */
  insert(cpu: number, kind: number, address: bigint, length: number): void {
    const key = keyOf(kind, address, length);
    if (this.known.has(key)) return;
    this.target.insert(kind, address, length, cpu);
    this.known.add(key);
  }

  /** False where there is none. */
  remove(kind: number, address: bigint, length: number): boolean {
    if (!this.known.delete(keyOf(kind, address, length))) return false;
    try {
      this.target.remove(kind, address, length);
    } catch (error) {
      // The guest has other code there by now: the breakpoint is gone all the same.
      if (!(error instanceof KvmError)) throw error;
    }
    return true;
  }

  clear(): void {
    this.known.clear();
    this.target.removeAll();
  }
}

const keyOf = (kind: number, address: bigint, length: number): string => `${kind} ${address} ${length}`;
