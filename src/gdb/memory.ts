/** Packets m, M, x and X: memory as the selected CPU sees it, or by physical addresses. */
import type { DebugTarget } from '../machine/index.ts';

const PAGE = 4096;

export class Memory {
  /** QEMU's PhyMemMode. */
  physical = false;
  private readonly target: DebugTarget;

  constructor(target: DebugTarget) {
    this.target = target;
  }

  /** What is there from the address on, perhaps less than was asked for. */
  read(cpu: number, address: bigint, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const from = BigInt.asUintN(64, address + BigInt(done));
      const piece = this.piece(cpu, from, Math.min(length - done, PAGE - Number(from % BigInt(PAGE))));
      if (!piece) break;
      bytes.set(piece, done);
      done += piece.length;
    }
    return bytes.subarray(0, done);
  }

  /** False where not all of it is there; then nothing is written. */
  write(cpu: number, address: bigint, bytes: Uint8Array): boolean {
    return this.physical ? this.target.writePhysical(address, bytes) : this.target.write(cpu, address, bytes);
  }

  private piece(cpu: number, address: bigint, length: number): Uint8Array | undefined {
    return this.physical ? this.target.readPhysical(address, length) : this.target.read(cpu, address, length);
  }
}
