/** Who connects to a TCP port, as streams of bytes. */
import { createServer, type AddressInfo } from 'node:net';
import { TesseraError } from '../../base/errors.ts';
import type { ByteStream } from '../../gdb/index.ts';
import { nodeStream } from './byte-stream.ts';

export interface Listener {
  /** The port, where any was asked for, too. */
  readonly port: number;
  /** Nobody can connect any more. */
  close(): void;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; another one may be free',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine doesn\'t have that address',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'there is no such host',
};

/** `port` 0: any that is free. Throws a TesseraError of one line, `what` at its beginning. */
export function listen(what: string, host: string, port: number, connected: (stream: ByteStream) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => {
      socket.setNoDelay(true);
      connected(nodeStream(socket, socket, () => socket.destroySoon()));
    });
    server.on('error', (error: NodeJS.ErrnoException) => reject(new TesseraError(`${what}: ${REASONS[error.code ?? ''] ?? error.message}`)));
    server.listen(port, host, () => resolve({ port: (server.address() as AddressInfo).port, close: () => { server.close(); } }));
  });
}
