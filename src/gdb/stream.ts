/** What a debugger is connected by: any stream of bytes with two directions (a socket, a pipe, a port of a page). */
export interface ByteStream {
  /** The next bytes that came, at least one; undefined: there is nobody any more. */
  read(): Promise<Uint8Array | undefined>;
  /** Resolved when the peer has room for more; also when there is nobody any more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it; a `read` that waits gets undefined. May be called more than once. */
  close(): void;
}
