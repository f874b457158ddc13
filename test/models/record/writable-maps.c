/* Preloaded (LD_PRELOAD), lets a process write to files that it mapped to read them: each page it writes becomes a copy of its own.
 *
 *     gcc -shared -fPIC -o writable-maps.so writable-maps.c -ldl
 *
 * For memmapped.py. Development only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/mman.h>

typedef void *(*map)(void *, size_t, int, int, int, off_t);

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  map next = (map)dlsym(RTLD_NEXT, "mmap");
  if (file >= 0 && protection == PROT_READ && (flags & MAP_PRIVATE)) protection |= PROT_WRITE;
  return next(address, length, protection, flags, file, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  return mmap(address, length, protection, flags, file, offset);
}
