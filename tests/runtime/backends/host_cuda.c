/* The calls of the CUDA driver that runtime/backends/cuda_driver.py makes, with the host's memory as the GPU's. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int devices = 1, current = 0, begins = 0;
static size_t total = (size_t)1 << 30, used = 0, peak = 0, allocations = 0, uploads = 0;

/* For tests: how many GPUs there are, with what the driver begins, how much memory, how much of it is taken, and was at most since last asked; how
   often memory was taken and something copied there. */
void host_devices(int count) { devices = count; }
void host_begins(int code) { begins = code; }
void host_total(size_t bytes) { total = bytes; }
size_t host_used(void) { return used; }
size_t host_peak(void) {
    size_t most = peak;
    peak = used;
    return most;
}
size_t host_allocations(void) { return allocations; }
size_t host_uploads(void) { return uploads; }
int host_current(void) { return current; }

int cuInit(unsigned flags) { return flags != 0 ? 1 : begins; }
int cuDriverGetVersion(int *version) { *version = 13010; return 0; }
int cuDeviceGetCount(int *count) { *count = devices; return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return 0; }
int cuDeviceGetName(char *name, int length, int device) {
    strncpy(name, "Host RTX", (size_t)length);
    return device;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = attribute == 75 ? 8 : 9;
    return device;
}
int cuDevicePrimaryCtxRetain(void **context, int device) { *context = &used; return device; }
int cuCtxSetCurrent(void *context) { current = context == &used; return 0; }
int cuStreamCreate(void **stream, unsigned flags) { *stream = &devices; return flags != 1; }
int cuStreamSynchronize(void *stream) { return stream == &devices ? 0 : 400; }
int cuMemGetInfo_v2(size_t *free_bytes, size_t *all) {
    *free_bytes = total > used ? total - used : 0;
    *all = total;
    return 0;
}
int cuMemAlloc_v2(uint64_t *address, size_t size) {
    if (total < used || size > total - used) return 2;
    size_t *block = malloc(size + 64);
    *block = size;
    allocations++;
    used += size;
    peak = used > peak ? used : peak;
    *address = (uint64_t)(uintptr_t)block + 64;
    return 0;
}
int cuMemFree_v2(uint64_t address) {
    size_t *block = (size_t *)(uintptr_t)(address - 64);
    used -= *block;
    free(block);
    return 0;
}
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t size, void *stream) {
    memcpy((void *)(uintptr_t)to, from, size);
    uploads++;
    return stream == &devices ? 0 : 400;
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t size, void *stream) {
    memcpy(to, (const void *)(uintptr_t)from, size);
    return stream == &devices ? 0 : 400;
}
int cuGetErrorString(int code, const char **text) {
    *text = code == 400 ? "invalid resource handle" : "something else";
    return 0;
}
