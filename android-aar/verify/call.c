// Loads libphonelm.so as an app would and calls it through UniFFI's C interface: a call that answers, one that fails, a
// model for the GPU, which this machine has not, and one for whatever computes here.
// call LIBRARY MODEL
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { uint64_t capacity, length; uint8_t *data; } Buffer;
typedef struct { int32_t length; const uint8_t *data; } Bytes;
typedef struct { int8_t code; Buffer error; } Status;
typedef void (*Wake)(uint64_t data, int8_t code);

// ModelOptions in UniFFI's bytes: threads, context, kv_type, backend, cache_dir and memory_budget_bytes, each there (1) or
// not. The third backend is the GPU.
static const uint8_t DEFAULTS[] = {0, 0, 0, 0, 0, 0};
static const uint8_t ON_GPU[] = {0, 0, 0, 1, 0, 0, 0, 3, 0, 0};

static void *library;

static void *function(const char *name) {
    void *address = dlsym(library, name);
    if (!address) fprintf(stderr, "%s\n", dlerror()), exit(1);
    return address;
}

static Buffer buffer(const void *data, size_t length) {
    Buffer (*from_bytes)(Bytes, Status *) = function("ffi_phonelm_sdk_rustbuffer_from_bytes");
    Status status = {0};
    return from_bytes((Bytes){(int32_t)length, data}, &status);
}

static Buffer path(const char *text) {
    static uint8_t bytes[4096] = {0, 0, 0, 1};
    uint32_t length = (uint32_t)strnlen(text, sizeof bytes - 8), big_endian = __builtin_bswap32(length);
    memcpy(bytes + 4, &big_endian, 4);
    memcpy(bytes + 8, text, length);
    return buffer(bytes, 8 + length);
}

// What a future says when it is polled: 0 if it is ready, 1 if it is to be polled again.
static _Atomic int said;
static void wake(uint64_t data, int8_t code) { (void)data, said = code; }

// The next event of a loading.
static Buffer next(uint64_t loading, Status *status) {
    uint64_t (*clone)(uint64_t, Status *) = function("uniffi_phonelm_sdk_fn_clone_loading");
    uint64_t (*start)(uint64_t) = function("uniffi_phonelm_sdk_fn_method_loading_next");
    void (*poll)(uint64_t, Wake, uint64_t) = function("ffi_phonelm_sdk_rust_future_poll_rust_buffer");
    Buffer (*complete)(uint64_t, Status *) = function("ffi_phonelm_sdk_rust_future_complete_rust_buffer");
    uint64_t future = start(clone(loading, status));
    do {
        said = -1;
        poll(future, wake, 0);
        while (said == -1) usleep(1000);
    } while (said != 0);
    return complete(future, status);
}

// Loads a model and says what computes it, or why nothing does.
static void load(const char *file, Buffer options) {
    uint64_t (*load_model)(Buffer, Buffer, Status *) = function("uniffi_phonelm_sdk_fn_func_load_model");
    Buffer (*info)(uint64_t, Status *) = function("uniffi_phonelm_sdk_fn_method_model_info");
    Status status = {0};
    uint64_t loading = load_model(path(file), options, &status), model;
    if (status.code != 0) {
        fprintf(stderr, "load_model: %.*s\n", (int)status.error.length, (const char *)status.error.data);
        exit(1);
    }
    Buffer event;
    // An event is there (1), and is progress (1) or the model (2).
    do event = next(loading, &status);
    while (status.code == 0 && event.data[4] == 1);
    if (status.code != 0) {
        // The number of the error, the length of its text, the text.
        printf("gpu: %.*s\n", (int)status.error.length - 8, (const char *)status.error.data + 8);
        return;
    }
    memcpy(&model, event.data + 5, 8);
    Buffer about = info(__builtin_bswap64(model), &status);
    const char *executor = memmem(about.data, about.length, "CPU, ", 5);
    if (executor) printf("computed by %.*s\n", (int)((const char *)about.data + about.length - executor), executor);
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    library = dlopen(arguments[1], RTLD_NOW | RTLD_DEEPBIND);
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;

    Buffer (*sdk_version)(Status *) = function("uniffi_phonelm_sdk_fn_func_sdk_version");
    uint64_t (*open_store)(Buffer, Status *) = function("uniffi_phonelm_sdk_fn_constructor_modelstore_open");
    Status status = {0};
    Buffer version = sdk_version(&status);
    printf("version %.*s status %d\n", (int)version.length, (const char *)version.data, status.code);

    // A folder below a file cannot be made.
    const char *directory = "/proc/version/store";
    open_store(buffer(directory, strlen(directory)), &status);
    printf("error status %d, %d bytes\n", status.code, (int)status.error.length);

    load(arguments[2], buffer(ON_GPU, sizeof ON_GPU));
    load(arguments[2], buffer(DEFAULTS, sizeof DEFAULTS));
    return 0;
}
