/* Text for gzip: words of a fixed random order, so that there is something to compress. */
#include <stdint.h>
#include <stdio.h>

int data(unsigned megabytes) {
  static const char *const words[16] = {
    "guest", "bytes", "decode", "meaning", "memory", "page", "table", "walk", "fault", "timer", "line", "unit", "block", "link", "exit", "kernel",
  };
  static char out[1 << 20];
  uint64_t x = 42;
  for (unsigned m = 0; m < megabytes; m++) {
    size_t used = 0;
    while (used + 16 < sizeof out) {
      x = x * 6364136223846793005u + 1442695040888963407u;
      for (const char *word = words[x >> 60]; *word; word++) out[used++] = *word;
      out[used++] = x >> 56 & 7 ? ' ' : '\n';
    }
    while (used < sizeof out) out[used++] = '.';
    if (fwrite(out, 1, sizeof out, stdout) != sizeof out) return 1;
  }
  return 0;
}
