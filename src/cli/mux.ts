/**
 * One terminal for the serial line and the monitor, as QEMU's `mon:stdio`: Ctrl-A starts a command to us, everything
 * else goes to whichever of the two has the keyboard.
 */
export interface MuxTargets {
  /** Keys for the guest. */
  serial(bytes: Uint8Array): void;
  serialBreak(): void;
  /** Keys for the monitor; absent where there is none. */
  readonly monitor?: { key(byte: number): void; focus(): void } | undefined;
  /** Our own words, lines ended by \r\n. */
  say(text: string): void;
  quit(): void;
}

const CTRL_A = 1;

const KEYS = `
Ctrl-A h    this list
Ctrl-A x    end the machine
Ctrl-A b    send a break (a magic SysRq for Linux)
Ctrl-A c    from the guest to the monitor and back
Ctrl-A Ctrl-A  a Ctrl-A for the guest
`;

export class Mux {
  private readonly to: MuxTargets;
  private escaped = false;
  private monitor = false;

  constructor(to: MuxTargets) {
    this.to = to;
  }

  input(bytes: Uint8Array): void {
    let plain: number[] = [];
    const flush = (): void => {
      if (plain.length > 0) this.pass(plain);
      plain = [];
    };
    for (const byte of bytes) {
      if (this.escaped) {
        this.escaped = false;
        if (byte === CTRL_A) plain.push(byte);
        else {
          flush();
          this.command(String.fromCharCode(byte));
        }
      } else if (byte === CTRL_A) this.escaped = true;
      else plain.push(byte);
    }
    flush();
  }

  private pass(bytes: number[]): void {
    if (this.monitor) for (const byte of bytes) this.to.monitor?.key(byte);
    else this.to.serial(Uint8Array.from(bytes));
  }

  private command(key: string): void {
    switch (key.toLowerCase()) {
      case 'x': this.to.quit(); break;
      case 'b': this.to.serialBreak(); break;
      case 'c':
        if (!this.to.monitor) break;
        this.monitor = !this.monitor;
        if (this.monitor) this.to.monitor.focus();
        else this.to.say('\r\n');
        break;
      case 'h': case '?': this.to.say(KEYS.replaceAll('\n', '\r\n')); break;
      default: break; // as QEMU: an unknown command is swallowed
    }
  }
}
