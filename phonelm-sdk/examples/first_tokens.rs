//! The README's first steps in Rust: `cargo run --release -p phonelm-sdk --example first_tokens`.

use std::error::Error;

use phonelm_sdk::{
    Event, GenerationOptions, GenerationRequest, LoadEvent, ModelOptions, ModelSource, SessionOptions, load_model,
};

async fn first_tokens() -> Result<(), Box<dyn Error>> {
    let path = "models/phonelm-tiny/phonelm-tiny.gguf".to_owned();
    let loading = load_model(ModelSource::Path { path }, ModelOptions::default());
    while let Some(event) = loading.next().await? {
        let LoadEvent::Ready { model } = event else { continue };
        let session = model.new_session(SessionOptions::default())?;
        let request = GenerationRequest::text("Who are you?", GenerationOptions::default());
        let generation = session.generate(request)?;
        while let Some(event) = generation.next().await? {
            if let Event::Text { text } = event {
                print!("{text}");
            }
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    // Any executor will do: the futures wait on their wakers alone.
    pollster::block_on(first_tokens())
}
