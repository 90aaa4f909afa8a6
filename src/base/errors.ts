/** An error whose message is one line for the person at the terminal: what was wrong and what to do about it. */
export class TesseraError extends Error {
  override readonly name: string = 'TesseraError';
}
