// Asks llama.cpp itself: logits of a list of tokens, or the token ids of texts.
//
//   llama_ref logits MODEL OUT ID...      f32 [tokens, vocab] to the file OUT, CPU, one batch, f32 KV cache
//   llama_ref tokenize MODEL < TEXTS      TEXTS ends each text with a zero byte; three lines of ids a text:
//                                         special marks parsed; kept as text; parsed and BOS added
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "llama.h"

static int fail(const char * what) {
    fprintf(stderr, "llama_ref: %s\n", what);
    return 1;
}

static int logits(llama_model * model, const char * out_path, std::vector<llama_token> ids) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = 256;
    params.n_batch = params.n_ubatch = 256;
    params.n_threads = params.n_threads_batch = 1;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.type_k = params.type_v = GGML_TYPE_F32;
    llama_context * context = llama_init_from_model(model, params);
    if (!context) return fail("no context");

    llama_batch batch = llama_batch_init(ids.size(), 0, 1);
    for (size_t i = 0; i < ids.size(); i++) {
        batch.token[i] = ids[i];
        batch.pos[i] = i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = true;
    }
    batch.n_tokens = ids.size();
    if (llama_decode(context, batch) != 0) return fail("decode failed");

    FILE * out = fopen(out_path, "wb");
    if (!out) return fail("cannot write the output");
    const size_t vocab = llama_vocab_n_tokens(llama_model_get_vocab(model));
    for (size_t i = 0; i < ids.size(); i++) {
        if (fwrite(llama_get_logits_ith(context, i), sizeof(float), vocab, out) != vocab) return fail("short write");
    }
    return fclose(out) == 0 ? 0 : fail("short write");
}

static void print_ids(const llama_vocab * vocab, const std::string & text, bool add_special, bool parse_special) {
    std::vector<llama_token> ids(text.size() + 8);
    const int count = llama_tokenize(vocab, text.data(), text.size(), ids.data(), ids.size(), add_special, parse_special);
    for (int i = 0; i < count; i++) printf(i ? " %d" : "%d", ids[i]);
    printf("\n");
}

int main(int argc, char ** argv) {
    if (argc < 3) return fail("usage: logits MODEL OUT ID... | tokenize MODEL");
    const bool tokenize = strcmp(argv[1], "tokenize") == 0;
    llama_log_set([](ggml_log_level level, const char * text, void *) {
        if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
    }, nullptr);
    llama_backend_init();
    llama_model_params params = llama_model_default_params();
    params.vocab_only = tokenize;
    params.use_extra_bufts = false;  // the plain kernels, not the repacked ones
    llama_model * model = llama_model_load_from_file(argv[2], params);
    if (!model) return fail("cannot load the model");

    if (!tokenize) {
        if (argc < 5) return fail("logits needs OUT and ids");
        std::vector<llama_token> ids;
        for (int i = 4; i < argc; i++) ids.push_back(atoi(argv[i]));
        return logits(model, argv[3], ids);
    }
    const llama_vocab * vocab = llama_model_get_vocab(model);
    std::string input(std::istreambuf_iterator<char>(std::cin), {});
    for (size_t start = 0; start < input.size();) {
        const std::string text = input.substr(start, input.find('\0', start) - start);
        print_ids(vocab, text, false, true);
        print_ids(vocab, text, false, false);
        print_ids(vocab, text, true, true);
        start += text.size() + 1;
    }
    return 0;
}
