// Prints which instruction sets this build of llama.cpp uses; llama-bench does not tell.
#include <cstdio>

#include "llama.h"

int main() {
    std::puts(llama_print_system_info());
}
