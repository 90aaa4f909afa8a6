/** Node's streams as a stream of bytes that are pulled: what isn't asked for stays with the peer. */
import type { Readable, Writable } from 'node:stream';
import type { ByteStream } from '../../gdb/index.ts';

/** `onClose` ends what the two belong to. */
export function nodeStream(input: Readable, output: Writable, onClose: () => void): ByteStream {
  let open = true;
  let waiting: (() => void)[] = [];
  const stir = (): void => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  const end = (): void => {
    open = false;
    stir();
  };
  input.on('readable', stir).on('end', end).on('close', end).on('error', end);
  output.on('drain', stir).on('close', end).on('error', end);
  /** Until something happens on either side. */
  const stirred = (): Promise<void> => new Promise(resolve => { waiting.push(resolve); });
  return {
    async read() {
      for (;;) {
        const bytes = open ? (input.read() as Uint8Array | null) : null;
        if (bytes !== null) return bytes;
        if (!open) return undefined;
        await stirred();
      }
    },
    async write(bytes) {
      if (!open || output.write(bytes)) return;
      while (open && output.writableNeedDrain) await stirred();
    },
    close() {
      end();
      onClose();
    },
  };
}
