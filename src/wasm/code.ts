/**
 * A function's bytes, and which way its branches mostly go (WebAssembly branch hinting: the custom section
 * `metadata.code.branch_hint`). Whoever compiles the module keeps what is unlikely, calls above all, out of the way of the
 * rest: without hints the registers around each call are saved on both ways.
 */
import { Bytes } from './bytes.ts';

export class Code extends Bytes {
  private found = new Uint32Array(64);
  private count = 0;

  /** Offset of an `if` or `br_if`, times two, plus 1 where its condition mostly holds. In ascending order; valid until the next write. */
  get hints(): Uint32Array { return this.found.subarray(0, this.count); }
  get hinted(): boolean { return this.count > 0; }

  override reset(): void {
    super.reset();
    this.count = 0;
  }

  /** Comes right before the `if` or `br_if`. */
  hint(likely: boolean): void { this.add(this.length * 2 + (likely ? 1 : 0)); }

  private add(hint: number): void {
    if (this.count === this.found.length) {
      const grown = new Uint32Array(this.count * 2);
      grown.set(this.found);
      this.found = grown;
    }
    this.found[this.count++] = hint;
  }

  /** Appends a part of a function with its hints. */
  part(other: Code): void {
    for (let i = 0; i < other.count; i++) this.add(this.length * 2 + other.found[i]!);
    this.bytes(other);
  }

  /** What was written from `from` on. */
  since(from: number): Part {
    return { bytes: [...this.view().subarray(from)], hints: [...this.hints].filter(h => h >= from * 2).map(h => h - from * 2) };
  }

  again({ bytes, hints }: Part): void {
    const at = this.length * 2;
    for (let i = 0; i < hints.length; i++) this.add(at + hints[i]!);
    this.few(bytes);
  }
}

export interface Part {
  readonly bytes: readonly number[];
  readonly hints: readonly number[];
}
