/* Double precision: multiply and add in chains, a division and a square root now and then (Mandelbrot and a series). */
#include <stdint.h>
#include <string.h>

uint64_t fp(void) {
  uint64_t inside = 0;
  for (int py = 0; py < 600; py++) {
    for (int px = 0; px < 600; px++) {
      double cx = px * (3.0 / 600) - 2.0, cy = py * (2.0 / 600) - 1.0, x = 0, y = 0;
      int n = 0;
      for (; n < 200 && x * x + y * y < 4.0; n++) {
        double t = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = t;
      }
      inside += n;
    }
  }
  double series = 0;
  for (uint32_t i = 1; i < 20000000; i++) series += __builtin_sqrt(1.0 / i) * (i & 1 ? 1.0 : -1.0);
  uint64_t bits;
  memcpy(&bits, &series, sizeof bits);
  return bits ^ inside;
}
