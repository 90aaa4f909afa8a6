/** What a machine needs of Node besides time: random bytes and gzip. */
import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { BootSources } from '../../machine/boot.ts';

export const nodeSources: BootSources = {
  random: bytes => randomBytes(bytes),
  gunzip: (data, limit) => gunzipSync(data, { maxOutputLength: limit }),
};
