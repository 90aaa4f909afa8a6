/** Handles of open files: the console, what says which extensions there are, and the host's files. */
import type { ConsoleBackend } from '../../device/console.ts';
import { ERRNO, SemihostingError, type OpenMode, type SemihostingFile, type SemihostingFiles } from './files.ts';

/** What a handle stands for. */
export interface Handle extends SemihostingFile {
  readonly interactive: boolean;
}

const CONSOLE_NAME = ':tt';
const FEATURES_NAME = ':semihosting-features';
/** The magic, and the extensions: SYS_EXIT_EXTENDED, and a standard error of its own. */
const FEATURES = Uint8Array.of(0x53, 0x48, 0x46, 0x42, 0x03);
/** Modes 0 to 11 of SYS_OPEN, each twice: text and binary are the same here. */
const MODES: readonly OpenMode[] = ['r', 'r+', 'w', 'w+', 'a', 'a+'];
/** Standard input, output, error: by the mode that the console is opened with. */
const CONSOLES = 3;
const MOST = 64;

const refuse = (): never => { throw new SemihostingError(ERRNO.EBADF); };

export class Handles {
  private readonly console: Handle;
  private readonly files: SemihostingFiles | undefined;
  private readonly open = new Map<number, Handle>();

  /** Without `files` there are none. */
  constructor(console: ConsoleBackend, files: SemihostingFiles | undefined) {
    this.console = consoleHandle(console);
    this.files = files;
  }

  /** SYS_OPEN. A handle, at least 1. Throws a SemihostingError. */
  openFile(name: string, mode: number): number {
    const how = MODES[mode >> 1];
    if (how === undefined) throw new SemihostingError(ERRNO.EINVAL);
    if (name === CONSOLE_NAME) return 1 + (mode >> 2);
    if (name === FEATURES_NAME) {
      if (how !== 'r') throw new SemihostingError(ERRNO.EACCES);
      return this.add({ ...memoryFile(FEATURES), interactive: false });
    }
    if (!this.files) throw new SemihostingError(ERRNO.ENOENT);
    this.room();
    const file = this.files.open(name, how);
    return this.add({
      interactive: false, read: into => file.read(into), write: bytes => file.write(bytes), seek: at => file.seek(at), length: () => file.length(), close: () => file.close(),
    });
  }

  /** Throws EBADF where it isn't one. */
  get(handle: bigint): Handle {
    if (handle >= 1n && handle <= BigInt(CONSOLES)) return this.console;
    return this.open.get(handle < BigInt(2 ** 31) ? Number(handle) : 0) ?? refuse();
  }

  close(handle: bigint): void {
    this.get(handle).close();
    this.open.delete(Number(handle));
  }

  closeAll(): void {
    for (const file of this.open.values()) file.close();
    this.open.clear();
  }

  private add(file: Handle): number {
    this.room();
    let number = CONSOLES + 1;
    while (this.open.has(number)) number++;
    this.open.set(number, file);
    return number;
  }

  private room(): void {
    if (this.open.size >= MOST) throw new SemihostingError(ERRNO.EMFILE);
  }
}

function consoleHandle(console: ConsoleBackend): Handle {
  return {
    interactive: true,
    read(into) {
      let n = 0;
      for (let byte: number | undefined; n < into.length && (byte = console.read()) !== undefined; n++) into[n] = byte;
      return n;
    },
    write(bytes) {
      for (const byte of bytes) console.write(byte);
      return bytes.length;
    },
    seek: refuse,
    length: () => 0,
    close: () => {},
  };
}

function memoryFile(contents: Uint8Array): SemihostingFile {
  let at = 0;
  return {
    read(into) {
      const part = contents.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return part.length;
    },
    write: refuse,
    seek: position => { at = Math.min(position, contents.length); },
    length: () => contents.length,
    close: () => {},
  };
}
