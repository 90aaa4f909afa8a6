/**
 * A progress bar on a terminal for what takes longer than a second; nothing where there is no terminal. It is drawn on
 * one line with `\r` and wiped at the end.
 */
export interface Progress {
  /** Starts a step; `total` in bytes where it is known. The step before it ends. */
  begin(what: string, total?: number): void;
  advance(bytes: number): void;
  end(): void;
}

export const noProgress: Progress = { begin: () => {}, advance: () => {}, end: () => {} };

const QUIET_MS = 1000;
const WIDTH = 24;

export function terminalProgress(out: NodeJS.WriteStream): Progress {
  if (!out.isTTY) return noProgress;
  let timer: NodeJS.Timeout | undefined;
  let drawn = false;
  let what = '';
  let total: number | undefined;
  let done = 0;
  let started = 0;
  const draw = (): void => {
    const ms = performance.now() - started;
    if (ms < QUIET_MS) return;
    drawn = true;
    out.write(`\r\x1b[K${what} ${total ? share(done, total) : moving(ms)} ${(ms / 1000).toFixed(0)} s`);
  };
  const end = (): void => {
    clearInterval(timer);
    if (drawn) out.write('\r\x1b[K');
    drawn = false;
  };
  return {
    begin(step, bytes) {
      end();
      [what, total, done, started] = [step, bytes, 0, performance.now()];
      timer = setInterval(draw, 100).unref();
    },
    advance(bytes) { done += bytes; },
    end,
  };
}

function share(done: number, total: number): string {
  const filled = Math.min(WIDTH, Math.round((done / total) * WIDTH));
  return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
}

/** A block that wanders: something is under way, but nobody says how far it is. */
function moving(ms: number): string {
  const span = WIDTH - 4;
  const step = Math.floor(ms / 100) % (2 * span);
  const at = step < span ? step : 2 * span - step;
  return `[${'.'.repeat(at)}####${'.'.repeat(span - at)}]`;
}
