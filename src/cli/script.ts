/** `--expect` and `--send`: a conversation with the guest over its serial line. */
import type { Step } from './options.ts';

export class Script {
  private readonly steps: readonly Step[];
  private readonly type: (keys: Uint8Array) => void;
  private at = 0;
  private pattern: Uint8Array = new Uint8Array();
  private borders: readonly number[] = [];
  private matched = 0;
  /** Called when the last step was to see a text and it was seen: then there is nothing more to wait for. */
  onSeenAll: () => void = () => {};

  /** `type` sends keys to the guest. */
  constructor(steps: readonly Step[], type: (keys: Uint8Array) => void) {
    this.steps = steps;
    this.type = type;
  }

  /** Everything was seen and sent. */
  get done(): boolean { return this.at === this.steps.length; }

  /** The text that is being waited for. */
  get waitingFor(): string | undefined {
    const step = this.steps[this.at];
    return step?.kind === 'expect' ? step.text : undefined;
  }

  start(): void { this.advance(); }

  /** A byte of the guest's output. A text is looked for in what comes after the one before it was seen (Knuth-Morris-Pratt). */
  output(byte: number): void {
    if (this.done) return;
    while (this.matched > 0 && this.pattern[this.matched] !== byte) this.matched = this.borders[this.matched - 1]!;
    if (this.pattern[this.matched] === byte) this.matched++;
    if (this.matched < this.pattern.length) return;
    this.at++;
    if (this.done) this.onSeenAll();
    else this.advance();
  }

  /** Does every step that waits for nothing, and gets ready for the next that does. */
  private advance(): void {
    for (; this.at < this.steps.length; this.at++) {
      const step = this.steps[this.at]!;
      if (step.kind === 'send') this.type(new TextEncoder().encode(step.keys));
      else if (step.text !== '') {
        this.pattern = new TextEncoder().encode(step.text);
        this.borders = borderLengths(this.pattern);
        this.matched = 0;
        return;
      }
    }
  }
}

/** For each prefix the length of its longest proper prefix that is also its end. */
function borderLengths(pattern: Uint8Array): number[] {
  const borders = [0];
  for (let i = 1, k = 0; i < pattern.length; i++) {
    while (k > 0 && pattern[i] !== pattern[k]) k = borders[k - 1]!;
    if (pattern[i] === pattern[k]) k++;
    borders.push(k);
  }
  return borders;
}
