/* Preloaded into a till: counts its flushes by what they flush and by thread, and makes each one slower.
   FLUSH_COUNTS: file of struct counts, shared with the bench. FLUSH_DELAY_US: added to each flush of a disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WAL, DATABASE, RECEIPT, FOLDER, FILESYSTEM, OTHER, KINDS };
#define THREADS 128
struct counts {
  uint64_t kind[KINDS];
  struct { uint64_t thread, wal; } by[THREADS];
};
static struct counts *counts;
static unsigned delay;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FLUSH_COUNTS"), *micro = getenv("FLUSH_DELAY_US");
  if (micro) delay = (unsigned)atoi(micro);
  if (!path) return;
  int fd = open(path, O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, sizeof *counts)) return;
  void *at = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at != MAP_FAILED) counts = at;
  close(fd);
}

static int ends(const char *text, const char *tail) {
  size_t n = strlen(text), m = strlen(tail);
  return n >= m && !strcmp(text + n - m, tail);
}

static void seen(int fd, int whole) {
  if (delay) usleep(delay);
  if (!counts) return;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  path[n > 0 ? n : 0] = 0;
  int kind = whole ? FILESYSTEM : ends(path, "till.db-wal") ? WAL : ends(path, "till.db") ? DATABASE
           : strstr(path, "/invoices/") && strstr(path, ".json") ? RECEIPT : !strrchr(path, '.') ? FOLDER : OTHER;
  __atomic_add_fetch(&counts->kind[kind], 1, __ATOMIC_RELAXED);
  if (kind != WAL) return;
  uint64_t me = (uint64_t)syscall(SYS_gettid);
  for (int i = 0; i < THREADS; i++) {
    uint64_t none = 0;
    if (counts->by[i].thread == me || __atomic_compare_exchange_n(&counts->by[i].thread, &none, me, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
        || counts->by[i].thread == me) {
      __atomic_add_fetch(&counts->by[i].wal, 1, __ATOMIC_RELAXED);
      return;
    }
  }
}

#define REAL(name) ((int (*)(int))dlsym(RTLD_NEXT, name))
int fsync(int fd) { seen(fd, 0); return REAL("fsync")(fd); }
int fdatasync(int fd) { seen(fd, 0); return REAL("fdatasync")(fd); }
int syncfs(int fd) { seen(fd, 1); return REAL("syncfs")(fd); }
