//! What a model will cost, told before it is loaded.

use phonelm_kernels::Memory;
use phonelm_model::{ModelFile, PREFILL_BATCH};

use crate::{ModelOptions, ModelSource, SdkError, backend::gpu_copies};

/// What a model will cost in memory with one conversation of the whole context.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Plan {
    /// Bytes of the file. They are mapped: the system reads them as needed and may drop them again.
    pub file_bytes: u64,
    /// Bytes of weights that are copied into memory in the order in which the kernels read them.
    pub weight_bytes: u64,
    /// Bytes of keys, values and position tables of one conversation that fills the context.
    pub kv_bytes: u64,
    /// The same for each token; conversations take whole blocks of 64 tokens as they grow.
    pub kv_bytes_per_token: u64,
    /// Bytes of buffers, on a GPU those of its largest batches.
    pub scratch_bytes: u64,
    /// Bytes of weights on the GPU, if the model starts there: with the option `gpu`, or with `auto` if an earlier start
    /// measured it as the fastest.
    pub gpu_bytes: u64,
    /// Bytes of weights, keys and values, and buffers together: all beyond the mapped file and the tokenizer.
    pub total_bytes: u64,
    /// Longest text in tokens under the options.
    pub context: u64,
    /// Longest text in tokens whose conversation fits into the budget; 0 if the model itself does not. Absent without a
    /// budget.
    pub largest_context: Option<u64>,
}

/// Tells what a model will cost from the header of its file, without loading it. `budget_bytes` is what the platform
/// grants (on Android `ActivityManager.MemoryInfo.availMem`, on iOS `os_proc_available_memory()`).
///
/// Reads from disk: call it off the main thread. Errors: as loading.
#[uniffi::export]
pub fn plan(source: ModelSource, options: ModelOptions, budget_bytes: Option<u64>) -> Result<Plan, SdkError> {
    let file = source.open()?;
    options.check()?;
    plan_of(&file, &source.name(), &options, budget_bytes)
}

/// Refuses a model that takes more than its options grant.
pub(crate) fn check_budget(file: &ModelFile, name: &str, options: &ModelOptions) -> Result<(), SdkError> {
    let Some(granted) = options.memory_budget_bytes else { return Ok(()) };
    let Plan { total_bytes, largest_context, .. } = plan_of(file, name, options, Some(granted))?;
    if total_bytes <= granted {
        return Ok(());
    }
    let largest_context = largest_context.unwrap_or_default();
    Err(SdkError::OverBudget { needed: total_bytes, granted, largest_context })
}

fn plan_of(file: &ModelFile, name: &str, options: &ModelOptions, budget_bytes: Option<u64>) -> Result<Plan, SdkError> {
    let mut memory = Memory::of(file, &options.cpu(), PREFILL_BATCH).map_err(|error| SdkError::of_cpu(name, error))?;
    let copies = gpu_copies(file, options, memory.context)?;
    let [weight_bytes, cpu_scratch] = if copies.alone { [0; 2] } else { [memory.weights, memory.scratch] };
    memory.weights = weight_bytes + copies.bytes;
    memory.scratch = cpu_scratch + copies.scratch;
    Ok(Plan {
        file_bytes: file.bytes().len() as u64,
        weight_bytes,
        kv_bytes: memory.text(memory.context),
        kv_bytes_per_token: memory.kv_block / phonelm_kernels::KV_BLOCK as u64 + memory.rope_per_token,
        scratch_bytes: memory.scratch,
        gpu_bytes: copies.bytes,
        total_bytes: memory.total(),
        context: memory.context as u64,
        largest_context: budget_bytes.map(|budget| memory.largest_context(budget) as u64),
    })
}
