//! Brotli, through brotli-decompressor.

use alloc_stdlib::StandardAlloc;
use brotli_decompressor::{
    BrotliDecoderErrorCode, BrotliDecoderTakeOutput, BrotliDecompressStream, BrotliResult, BrotliState,
};

use super::codec::{Codec, Step};
use super::{Coding, DecodeError};

/// RFC 7932: one stream. What follows it is ignored, as browsers do.
pub(super) struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    at: At,
}

#[derive(PartialEq)]
enum At {
    /// Nothing came yet.
    Start,
    Stream,
    /// The stream is corrupt, and what it had decoded is not all written yet.
    Failing,
    Ended,
}

impl Brotli {
    pub(super) fn new() -> Self {
        let heap = StandardAlloc::default;
        // Strict: without the extension to windows of up to 1 GiB.
        Brotli { state: Box::new(BrotliState::new_strict(heap(), heap(), heap())), at: At::Start }
    }

    /// Writes what was decoded before the fault. The decoder holds it back in its window, and gives it to whoever asks
    /// once it forgets the fault, and that the stream went past the end it had announced where that is the fault.
    ///
    /// There it gives what it has, and it notices earlier where its input runs out: so the last bytes depend on the
    /// chunks.
    fn write_rest(&mut self, output: &mut [u8], mut step: Step) -> Step {
        self.at = At::Failing;
        self.state.error_code = BrotliDecoderErrorCode::BROTLI_DECODER_SUCCESS;
        self.state.meta_block_remaining_len = self.state.meta_block_remaining_len.max(0);
        while step.written < output.len() {
            let mut len = output.len() - step.written;
            let rest = BrotliDecoderTakeOutput(&mut self.state, &mut len);
            let len = len.min(rest.len());
            if len == 0 {
                step.error = Some(DecodeError::Corrupt { coding: Coding::Brotli });
                break;
            }
            output[step.written..step.written + len].copy_from_slice(&rest[..len]);
            step.written += len;
        }
        step
    }
}

impl Codec for Brotli {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        match self.at {
            At::Ended => return Step::read(input.len()),
            At::Failing => return self.write_rest(output, Step::read(0)),
            At::Start if input.is_empty() => return Step::read(0),
            At::Start | At::Stream => self.at = At::Stream,
        }
        let (mut available_in, mut available_out, mut total_out) = (input.len(), output.len(), 0);
        let mut step = Step::read(0);
        let result = BrotliDecompressStream(
            &mut available_in,
            &mut step.read,
            input,
            &mut available_out,
            &mut step.written,
            output,
            &mut total_out,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultSuccess => self.at = At::Ended,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultFailure => return self.write_rest(output, step),
        }
        step
    }

    fn finish(&self) -> Result<(), DecodeError> {
        match self.at {
            At::Start | At::Ended => Ok(()),
            At::Stream => Err(DecodeError::Truncated { coding: Coding::Brotli }),
            At::Failing => Err(DecodeError::Corrupt { coding: Coding::Brotli }),
        }
    }
}
