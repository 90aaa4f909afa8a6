/* Floating point: the C library's functions and printing, whose last digits every machine must agree on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The library of 32-bit programs changes the rounding mode by instructions that are mffs on old processors, which QEMU 7.2 refuses. */
#ifdef __powerpc64__
#define LIBRARY(f, x) f(x)
#else
#define LIBRARY(f, x) ((x) * (x))
#endif

int main(void) {
  double x = 0.1;
  for (int i = 0; i < 40; i++) {
    x = x * 1.7 + LIBRARY(sin, x) / (i + 1);
    while (x > 10) x /= 3.7;
    printf("%.17g %.17g %a %e\n", x, LIBRARY(exp, x), LIBRARY(sqrt, x), LIBRARY(log, x + 1));
  }
  float f = 1.0f;
  for (int i = 1; i < 30; i++) f = f * 1.1f + 1.0f / (float)i;
  printf("%.9g %d %lld %.3f\n", (double)f, (int)f, (long long)(f * 1e9f), strtod("2.718281828459045e-3", 0));
  printf("%g %g %g %d\n", INFINITY - x, NAN, -0.0, (int)(x - 0.5));
  printf("%.17g %.17g\n", LIBRARY(log2, x), LIBRARY(cbrt, x));
  return 0;
}
