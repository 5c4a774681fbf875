// Loads libphonelm.so as an app would and calls it through UniFFI's C interface: a call that answers, one that fails.
// call LIBRARY
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct { uint64_t capacity, length; uint8_t *data; } Buffer;
typedef struct { int32_t length; const uint8_t *data; } Bytes;
typedef struct { int8_t code; Buffer error; } Status;

static void *library;

static void *function(const char *name) {
    void *address = dlsym(library, name);
    if (!address) fprintf(stderr, "%s\n", dlerror());
    return address;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    library = dlopen(arguments[1], RTLD_NOW | RTLD_DEEPBIND);
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;

    Buffer (*sdk_version)(Status *) = function("uniffi_phonelm_sdk_fn_func_sdk_version");
    Buffer (*from_bytes)(Bytes, Status *) = function("ffi_phonelm_sdk_rustbuffer_from_bytes");
    uint64_t (*open_store)(Buffer, Status *) = function("uniffi_phonelm_sdk_fn_constructor_modelstore_open");
    if (!sdk_version || !from_bytes || !open_store) return 1;

    Status status = {0};
    Buffer version = sdk_version(&status);
    printf("version %.*s status %d\n", (int)version.length, (const char *)version.data, status.code);

    // A folder below a file cannot be made.
    const char *directory = "/proc/version/store";
    Bytes bytes = {(int32_t)strlen(directory), (const uint8_t *)directory};
    open_store(from_bytes(bytes, &status), &status);
    printf("error status %d, %d bytes\n", status.code, (int)status.error.length);
    return 0;
}
