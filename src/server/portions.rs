//! Reading in portions, so that a connection's buffer stays small whatever comes.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// Bytes of one read at the most. hyper doubles its buffer whenever a read has filled it.
const PORTION: usize = 16 * 1024;

/// Reads no more than a portion at once.
#[derive(Debug)]
pub(super) struct Portions<R>(pub(super) R);

impl<R: AsyncRead + Unpin> AsyncRead for Portions<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() <= PORTION {
            return pin!(&mut self.0).poll_read(context, buffer);
        }
        let mut portion = ReadBuf::new(buffer.initialize_unfilled_to(PORTION));
        ready!(pin!(&mut self.0).poll_read(context, &mut portion))?;
        let read = portion.filled().len();
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }
}
