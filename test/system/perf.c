/* PID 1 that counts known loops, and hits of breakpoints in them, with perf_event_open and prints what it counted; without a C library. */
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdint.h>

enum { SYS_ioctl = 29, SYS_mount = 40, SYS_openat = 56, SYS_write = 64, SYS_read = 63, SYS_close = 57, SYS_reboot = 142, SYS_getppid = 173, SYS_mmap = 222, SYS_perf_event_open = 241 };

static long call(long n, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}

static void text(const char *s) {
  long n = 0;
  while (s[n]) n++;
  call(SYS_write, 1, (long)s, n, 0, 0, 0);
}

static void number(const char *name, long value) {
  char digits[24];
  int at = sizeof digits;
  int negative = value < 0;
  uint64_t left = negative ? -(uint64_t)value : (uint64_t)value;
  digits[--at] = 0;
  digits[--at] = '\n';
  do digits[--at] = '0' + left % 10; while (left /= 10);
  if (negative) digits[--at] = '-';
  text("perf ");
  text(name);
  text(" ");
  text(digits + at);
}

static uint64_t data[2];
extern const char loop_top[];

/* 8 instructions a round: 2 loads, 1 store, 2 branches. */
__attribute__((noinline, noclone)) static void loop(long rounds) {
  if (rounds == 0) return;
  __asm__ volatile(
      ".globl loop_top\nloop_top: 1: ldr x1, [%1]\n ldp x2, x3, [%1]\n add x1, x1, #1\n str x1, [%1]\n b 2f\n2: eor x2, x2, x3\n subs %0, %0, #1\n b.ne 1b"
      : "+r"(rounds) : "r"(data) : "x1", "x2", "x3", "memory", "cc");
}

static int open_event(uint32_t type, uint64_t config, uint64_t period, int kernel) {
  struct perf_event_attr attr = { .type = type, .size = sizeof attr, .config = config, .disabled = 1, .exclude_kernel = !kernel, .exclude_hv = 1 };
  attr.sample_period = period;
  if (period) attr.sample_type = PERF_SAMPLE_IP;
  return call(SYS_perf_event_open, (long)&attr, 0, -1, -1, 0, 0);
}

static long count(int fd, void (*work)(long), long rounds) {
  uint64_t value = 0;
  call(SYS_ioctl, fd, PERF_EVENT_IOC_RESET, 0, 0, 0, 0);
  call(SYS_ioctl, fd, PERF_EVENT_IOC_ENABLE, 0, 0, 0, 0);
  work(rounds);
  call(SYS_ioctl, fd, PERF_EVENT_IOC_DISABLE, 0, 0, 0, 0);
  call(SYS_read, fd, (long)&value, 8, 0, 0, 0);
  return value;
}

static void system_calls(long rounds) {
  while (rounds--) call(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

/* What 1000 rounds count more than none. */
static void measure(const char *name, uint32_t type, uint64_t config, void (*work)(long), int kernel) {
  int fd = open_event(type, config, 0, kernel);
  if (fd < 0) {
    number(name, fd);
    return;
  }
  long none = count(fd, work, 1), some = count(fd, work, 1001);
  number(name, some - none);
  call(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Hits of a breakpoint or watchpoint in 1000 rounds; the kernel steps over each. */
static void hits(const char *name, uint32_t type, const void *address, uint64_t length) {
  struct perf_event_attr attr = { .type = PERF_TYPE_BREAKPOINT, .size = sizeof attr, .disabled = 1, .exclude_kernel = 1, .exclude_hv = 1 };
  attr.bp_type = type;
  attr.bp_addr = (uint64_t)address;
  attr.bp_len = length;
  attr.sample_period = 1;
  int fd = call(SYS_perf_event_open, (long)&attr, 0, -1, -1, 0, 0);
  number(name, fd < 0 ? fd : count(fd, loop, 1000));
  if (fd >= 0) call(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Samples of so many instructions: each is an overflow's interrupt. */
static void sample(long period, long rounds) {
  int fd = open_event(PERF_TYPE_RAW, 0x08, period, 0);
  struct perf_event_mmap_page *page = (void *)call(SYS_mmap, 0, 5 * 4096, 3, 1, fd, 0);
  number("sampled", count(fd, loop, rounds));
  number("samples", page->data_head / 16);
  long inside = 0;
  for (uint64_t at = 0; at < page->data_head; at += 16) {
    struct { struct perf_event_header header; uint64_t ip; } *record = (void *)((char *)page + 4096 + at);
    if (record->header.type == PERF_RECORD_SAMPLE && record->ip - (uint64_t)loop < 64) inside++;
  }
  number("inside", inside);
}

/* However long the host takes over an interrupt: the kernel shall not lower the rate of samples. */
static void keep_rate(void) {
  call(SYS_mount, (long)"proc", (long)"/proc", (long)"proc", 0, 0, 0);
  int fd = call(SYS_openat, -100, (long)"/proc/sys/kernel/perf_cpu_time_max_percent", 1, 0, 0, 0);
  call(SYS_write, fd, (long)"0", 1, 0, 0, 0);
}

void _start(void) {
  measure("instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, loop, 0);
  measure("inst_retired", PERF_TYPE_RAW, 0x08, loop, 0);
  measure("ld_retired", PERF_TYPE_RAW, 0x06, loop, 0);
  measure("st_retired", PERF_TYPE_RAW, 0x07, loop, 0);
  measure("mem_access", PERF_TYPE_RAW, 0x13, loop, 0);
  measure("br_retired", PERF_TYPE_RAW, 0x21, loop, 0);
  measure("br_immed_retired", PERF_TYPE_RAW, 0x0d, loop, 0);
  measure("cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, loop, 0);
  measure("exc_taken", PERF_TYPE_RAW, 0x09, system_calls, 1);
  measure("cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, loop, 0);
  hits("writes", HW_BREAKPOINT_W, data, 8);
  hits("reads", HW_BREAKPOINT_R, data, 4);
  hits("other_writes", HW_BREAKPOINT_W, data + 1, 8);
  hits("breakpoints", HW_BREAKPOINT_X, loop_top, 4);
  keep_rate();
  sample(10000, 50000);
  text("perf done\n");
  call(SYS_reboot, 0xfee1dead, 0x28121969, 0x4321fedc, 0, 0, 0);
}
