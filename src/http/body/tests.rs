use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use hyper::body::Frame;

use super::*;

enum Step {
    Data(usize),
    Fail,
    Hang,
}

/// A body that follows a script and counts the bytes it gave.
struct Script(VecDeque<Step>, Arc<AtomicUsize>);

impl HttpBody for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.0.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Data(size)) => {
                self.1.fetch_add(size, Ordering::Relaxed);
                Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'x'; size])))))
            }
            Some(Step::Fail) => Poll::Ready(Some(Err(io::Error::other("gone")))),
            Some(Step::Hang) => {
                self.0.push_front(Step::Hang);
                Poll::Pending
            }
        }
    }
}

async fn run(steps: impl IntoIterator<Item = Step>, limit: Duration) -> (Result<usize, BodyError>, usize) {
    let given = Arc::new(AtomicUsize::new(0));
    let body = Body::new(Script(steps.into_iter().collect(), Arc::clone(&given)));
    let outcome = read_within(body, limit).await.map(|bytes| bytes.len());
    (outcome, given.load(Ordering::Relaxed))
}

#[tokio::test]
async fn the_largest_body_is_taken_and_one_byte_more_is_not() {
    assert_eq!(read(Body::empty()).await.unwrap(), Bytes::new());
    assert_eq!(read(Body::from(vec![1; LARGEST])).await.unwrap().len(), LARGEST);
    assert_eq!(read(Body::from(vec![1; LARGEST + 1])).await, Err(BodyError::TooLarge));
    let chunks = || std::iter::repeat_with(|| Step::Data(1024));
    assert_eq!(run(chunks().take(64), WITHIN).await, (Ok(LARGEST), LARGEST));
    let over = chunks().take(64).chain([Step::Data(1)]);
    assert_eq!(run(over, WITHIN).await, (Err(BodyError::TooLarge), LARGEST + 1));
}

#[tokio::test]
async fn a_larger_body_is_drained_up_to_its_bound() {
    let endless = std::iter::repeat_with(|| Step::Data(4096)).take(10_000);
    assert_eq!(run(endless, WITHIN).await, (Err(BodyError::TooLarge), DRAINED));
}

#[tokio::test]
async fn a_body_that_stalls_or_breaks_is_told_apart() {
    let short = Duration::from_millis(20);
    assert_eq!(run([Step::Data(3), Step::Hang], short).await.0, Err(BodyError::Timeout));
    assert_eq!(run([Step::Data(3), Step::Fail], WITHIN).await.0, Err(BodyError::Broken));
    // What was too large stays so while it is drained.
    assert_eq!(run([Step::Data(LARGEST + 1), Step::Hang], short).await.0, Err(BodyError::TooLarge));
    assert_eq!(run([Step::Data(LARGEST + 1), Step::Fail], WITHIN).await.0, Err(BodyError::TooLarge));
    assert_eq!((BodyError::Timeout.status(), BodyError::Timeout.code()), (408, "request_timeout"));
}
