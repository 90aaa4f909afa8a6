/** Threads: each CPU is one, and has the number behind its own (0 and -1 mean any and all). */

/** As the protocol writes it. */
export const threadOf = (cpu: number): string => (cpu + 1).toString(16);

/** A CPU, or all of them, or any one; undefined: there is no such thread. */
export function parseThread(text: string, cpus: number): number | 'all' | 'any' | undefined {
  // pPROCESS.THREAD: there is one process.
  const [, id] = /^(?:p[0-9a-f-]+\.)?(-1|[0-9a-f]{1,8})$/i.exec(text) ?? [];
  if (id === undefined) return undefined;
  if (id === '-1') return 'all';
  const number = parseInt(id, 16);
  if (number === 0) return 'any';
  return number <= cpus ? number - 1 : undefined;
}
