/*
 * The guest's user land of last resort: PID 1 and a very small shell in one static AArch64 program, for machines that can
 * reach npm but no Debian archive. No libc: system calls only (Linux, asm-generic/unistd.h numbers).
 * Built by build.sh beside it; the result is kept in init.base64 so that nobody needs a cross compiler.
 */
typedef unsigned long u64;
typedef long i64;

enum {
  SYS_mkdirat = 34, SYS_ioctl = 29, SYS_mount = 40, SYS_chdir = 49, SYS_openat = 56, SYS_close = 57, SYS_getdents64 = 61,
  SYS_read = 63, SYS_write = 64, SYS_sync = 81, SYS_reboot = 142, SYS_setsid = 157, SYS_uname = 160, SYS_getcwd = 17
};
enum { AT_FDCWD = -100, O_RDWR = 2, O_DIRECTORY = 040000, TIOCSCTTY = 0x540e };
enum { REBOOT_MAGIC1 = 0xfee1dead, REBOOT_MAGIC2 = 672274793, REBOOT_POWER_OFF = 0x4321fedc, REBOOT_RESTART = 0x1234567 };

static i64 sys(i64 number, i64 a, i64 b, i64 c, i64 d, i64 e) {
  register i64 x8 __asm__("x8") = number;
  register i64 x0 __asm__("x0") = a;
  register i64 x1 __asm__("x1") = b;
  register i64 x2 __asm__("x2") = c;
  register i64 x3 __asm__("x3") = d;
  register i64 x4 __asm__("x4") = e;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}

static u64 length(const char *s) {
  u64 n = 0;
  while (s[n]) n++;
  return n;
}

static int same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static void put(const char *s) { sys(SYS_write, 1, (i64)s, (i64)length(s), 0, 0); }

static void complain(const char *command, const char *what) {
  put(command);
  put(": can't open ");
  put(what);
  put("\n");
}

struct utsname { char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65]; };

static void uname(int argc, char **argv) {
  struct utsname u;
  sys(SYS_uname, (i64)&u, 0, 0, 0, 0);
  if (argc > 1 && same(argv[1], "-a")) {
    const char *parts[] = { u.sysname, " ", u.nodename, " ", u.release, " ", u.version, " ", u.machine, "\n" };
    for (u64 i = 0; i < sizeof parts / sizeof *parts; i++) put(parts[i]);
    return;
  }
  put(argc > 1 && same(argv[1], "-r") ? u.release : argc > 1 && same(argv[1], "-m") ? u.machine : u.sysname);
  put("\n");
}

static void echo(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    put(argv[i]);
    if (i + 1 < argc) put(" ");
  }
  put("\n");
}

static char buffer[65536];

static void cat(const char *path) {
  i64 file = sys(SYS_openat, AT_FDCWD, (i64)path, 0, 0, 0);
  if (file < 0) {
    complain("cat", path);
    return;
  }
  for (;;) {
    i64 n = sys(SYS_read, file, (i64)buffer, sizeof buffer, 0, 0);
    if (n <= 0) break;
    sys(SYS_write, 1, (i64)buffer, n, 0, 0);
  }
  sys(SYS_close, file, 0, 0, 0, 0);
}

struct dirent { u64 inode, offset; unsigned short size; unsigned char type; char name[]; };

static void ls(const char *path) {
  i64 folder = sys(SYS_openat, AT_FDCWD, (i64)path, O_DIRECTORY, 0, 0);
  if (folder < 0) {
    complain("ls", path);
    return;
  }
  for (;;) {
    i64 n = sys(SYS_getdents64, folder, (i64)buffer, sizeof buffer, 0, 0);
    if (n <= 0) break;
    for (i64 at = 0; at < n;) {
      struct dirent *entry = (struct dirent *)(buffer + at);
      if (entry->name[0] != '.') {
        put(entry->name);
        put(entry->type == 4 ? "/\n" : "\n");
      }
      at += entry->size;
    }
  }
  sys(SYS_close, folder, 0, 0, 0, 0);
}

static void leave(u64 how) {
  sys(SYS_sync, 0, 0, 0, 0, 0);
  sys(SYS_reboot, (i64)REBOOT_MAGIC1, REBOOT_MAGIC2, (i64)how, 0, 0);
}

static void obey(int argc, char **argv) {
  const char *command = argv[0];
  if (same(command, "echo")) echo(argc, argv);
  else if (same(command, "uname")) uname(argc, argv);
  else if (same(command, "cat")) {
    for (int i = 1; i < argc; i++) cat(argv[i]);
  } else if (same(command, "ls")) ls(argc > 1 ? argv[1] : ".");
  else if (same(command, "cd")) {
    const char *path = argc > 1 ? argv[1] : "/root";
    if (sys(SYS_chdir, (i64)path, 0, 0, 0, 0) < 0) complain("cd", path);
  } else if (same(command, "pwd")) {
    sys(SYS_getcwd, (i64)buffer, sizeof buffer, 0, 0, 0);
    put(buffer);
    put("\n");
  } else if (same(command, "poweroff") || same(command, "exit")) leave(REBOOT_POWER_OFF);
  else if (same(command, "reboot")) leave(REBOOT_RESTART);
  else if (same(command, "help")) put("cat cd echo exit help ls poweroff pwd reboot uname\n");
  else {
    put(command);
    put(": not found (this is Tessera's small init; `help` lists what it knows)\n");
  }
}

/* Words of a line; quotes hold a word together. */
static int split(char *line, char **argv, int most) {
  int argc = 0;
  char *out = line;
  while (*line && argc < most) {
    while (*line == ' ' || *line == '\t') line++;
    if (!*line || *line == '#') break;
    argv[argc++] = out;
    char quote = 0;
    for (; *line && (quote || (*line != ' ' && *line != '\t')); line++) {
      if (quote ? *line == quote : (*line == '"' || *line == '\'')) quote = quote ? 0 : *line;
      else *out++ = *line;
    }
    if (*line) line++;
    *out++ = 0;
  }
  return argc;
}

static void run(char *line) {
  char *argv[64];
  while (line) {
    char *next = line;
    char quote = 0;
    for (; *next && (quote || *next != ';'); next++) {
      if (quote ? *next == quote : (*next == '"' || *next == '\'')) quote = quote ? 0 : *next;
    }
    char *rest = *next ? next + 1 : 0;
    *next = 0;
    /* split() ends words in place and may write one byte past the line: that byte is the one just cleared. */
    int argc = split(line, argv, 63);
    if (argc > 0) obey(argc, argv);
    line = rest;
  }
}

static void prompt(void) {
  static char here[4096];
  sys(SYS_getcwd, (i64)here, sizeof here, 0, 0, 0);
  put(same(here, "/root") ? "~" : here);
  put(" # ");
}

void _start(void) {
  static char line[4096];
  static const char *mounts[][3] = { { "proc", "/proc", "proc" }, { "sys", "/sys", "sysfs" }, { "dev", "/dev", "devtmpfs" } };
  for (int i = 0; i < 3; i++) {
    sys(SYS_mkdirat, AT_FDCWD, (i64)mounts[i][1], 0755, 0, 0);
    sys(SYS_mount, (i64)mounts[i][0], (i64)mounts[i][1], (i64)mounts[i][2], 0, 0);
  }
  sys(SYS_setsid, 0, 0, 0, 0, 0);
  sys(SYS_ioctl, 0, TIOCSCTTY, 1, 0, 0);
  sys(SYS_chdir, (i64)"/root", 0, 0, 0, 0);
  put("\nTessera's small init; `help` lists what it knows.\n\n");
  u64 used = 0;
  prompt();
  for (;;) {
    i64 n = sys(SYS_read, 0, (i64)(line + used), (i64)(sizeof line - 1 - used), 0, 0);
    if (n <= 0) leave(REBOOT_POWER_OFF);
    used += (u64)n;
    if (line[used - 1] != '\n' && used < sizeof line - 1) continue;
    if (line[used - 1] == '\n') used--;
    line[used] = 0;
    run(line);
    used = 0;
    prompt();
  }
}
