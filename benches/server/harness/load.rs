//! The load generator: requests signed ahead of time, sent in a closed loop over keep-alive connections.
//!
//! One thread, raw bytes out, answers read no further than status and length: what it costs must not hide the server.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    ops::Range,
    os::fd::OwnedFd,
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::{
    buffer::spare_capacity,
    event::{Timespec, epoll},
    io::Errno,
};

use super::{Outcome, sandbox, sign::Scheme};

/// A server that is silent for so long has failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Signed requests, one after the other in one buffer.
pub(crate) struct Batch {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Batch {
    /// Signs `count` Decrypt requests, each with a nonce of its own.
    pub(crate) fn sign(scheme: Scheme, count: usize) -> Self {
        let blob = sandbox::ciphertext_blob(0);
        Self::of(count, |nonce, timestamp| scheme.decrypt(&blob, nonce, timestamp, false))
    }

    /// `count` requests, each made from a nonce of its own and a time.
    pub(crate) fn of(count: usize, request: impl Fn(&str, &str) -> String) -> Self {
        let timestamp = timestamp();
        let mut batch = Self { bytes: Vec::new(), starts: vec![0] };
        for _ in 0..count {
            let request = request(&nonce(), &timestamp);
            batch.bytes.extend_from_slice(request.as_bytes());
            batch.starts.push(batch.bytes.len());
        }
        batch
    }

    fn request(&self, index: usize) -> &[u8] {
        &self.bytes[self.starts[index]..self.starts[index + 1]]
    }
}

/// Now, in seconds, as a client writes it.
pub(crate) fn timestamp() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// 32 hexadecimal digits that were never used before.
pub(crate) fn nonce() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    id.simple().to_string()
}

/// What a drive over some requests showed.
pub(crate) struct Driven {
    pub(crate) wall: Duration,
    /// From the last byte written to the answer complete; sorted.
    pub(crate) latencies: Vec<Duration>,
}

/// Connections to one server.
pub(crate) struct Fleet {
    poll: OwnedFd,
    connections: Vec<Connection>,
    /// Never sleep in the kernel: with a core of its own, waking the load generator would be the server's cost.
    spin: bool,
}

struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
    filled: usize,
    sent: Instant,
}

impl Fleet {
    pub(crate) fn connect(server: SocketAddr, connections: usize, spin: bool) -> Outcome<Self> {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut fleet = Self { poll, connections: Vec::with_capacity(connections), spin };
        for index in 0..connections {
            let stream = TcpStream::connect(server)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            let data = epoll::EventData::new_u64(index as u64);
            epoll::add(&fleet.poll, &stream, data, epoll::EventFlags::IN)?;
            fleet.connections.push(Connection { stream, answer: vec![0; 4096], filled: 0, sent: Instant::now() });
        }
        Ok(fleet)
    }

    /// Sends the requests of `range` and waits for every answer. Anything but 200 is an error that shows the body.
    pub(crate) fn drive(&mut self, batch: &Batch, range: Range<usize>) -> Outcome<Driven> {
        let mut latencies = Vec::with_capacity(range.len());
        let mut unanswered = range.len();
        let mut requests = range;
        let mut events: Vec<epoll::Event> = Vec::with_capacity(self.connections.len());
        let timeout = Timespec::try_from(if self.spin { Duration::ZERO } else { PATIENCE })?;

        let begun = Instant::now();
        for connection in &mut self.connections {
            if let Some(index) = requests.next() {
                connection.send(batch.request(index))?;
            }
        }
        let mut heard = Instant::now();
        while unanswered > 0 {
            match epoll::wait(&self.poll, spare_capacity(&mut events), Some(&timeout)) {
                Err(Errno::INTR) => {}
                other => drop(other?),
            }
            if events.is_empty() {
                if heard.elapsed() > PATIENCE {
                    return Err(format!("no answer for {PATIENCE:?}").into());
                }
                continue;
            }
            for event in events.drain(..) {
                let connection = &mut self.connections[usize::try_from(event.data.u64())?];
                let Some(answer) = connection.receive()? else {
                    continue;
                };
                answer.expect_200()?;
                heard = Instant::now();
                latencies.push(heard - connection.sent);
                unanswered -= 1;
                if let Some(index) = requests.next() {
                    connection.send(batch.request(index))?;
                }
            }
        }
        let wall = begun.elapsed();
        latencies.sort_unstable();
        Ok(Driven { wall, latencies })
    }
}

impl Connection {
    fn send(&mut self, request: &[u8]) -> Outcome<()> {
        self.filled = 0;
        self.sent = Instant::now();
        self.stream.write_all(request)?;
        Ok(())
    }

    /// Reads once; an answer when it is complete.
    fn receive(&mut self) -> Outcome<Option<Answer<'_>>> {
        if self.filled == self.answer.len() {
            self.answer.resize(self.filled * 2, 0);
        }
        let read = self.stream.read(&mut self.answer[self.filled..])?;
        if read == 0 {
            let so_far = String::from_utf8_lossy(&self.answer[..self.filled]);
            return Err(format!("the server closed a connection after {so_far:?}").into());
        }
        self.filled += read;
        Answer::parse(&self.answer[..self.filled])
    }
}

/// A complete HTTP/1.1 answer.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Nothing while more bytes are to come.
    fn parse(bytes: &'a [u8]) -> Outcome<Option<Self>> {
        let mut head = bytes;
        let mut status = None;
        let mut length = None;
        loop {
            let Some(end) = head.iter().position(|byte| *byte == b'\n') else {
                return Ok(None);
            };
            let line = head[..end].trim_ascii_end();
            head = &head[end + 1..];
            if line.is_empty() {
                break;
            }
            if status.is_none() {
                status = line.get(9..12);
            } else if line.len() > CONTENT_LENGTH.len()
                && line[..CONTENT_LENGTH.len()].eq_ignore_ascii_case(CONTENT_LENGTH)
            {
                length = Some(&line[CONTENT_LENGTH.len()..]);
            }
        }
        let length: usize = number(length.ok_or("an answer without Content-Length")?)?;
        if head.len() > length {
            return Err("an answer longer than its Content-Length".into());
        }
        Ok((head.len() == length)
            .then_some(Self { status: u16::try_from(number(status.unwrap_or_default())?)?, body: head }))
    }

    pub(crate) fn expect_200(&self) -> Outcome<()> {
        if self.status == 200 {
            return Ok(());
        }
        let body = String::from_utf8_lossy(self.body);
        Err(format!("status {} instead of 200: {body}", self.status).into())
    }
}

const CONTENT_LENGTH: &[u8] = b"content-length:";

fn number(text: &[u8]) -> Outcome<usize> {
    Ok(std::str::from_utf8(text)?.trim().parse()?)
}

/// One request on a connection of its own, tried every millisecond until somebody listens. Gives status and body.
pub(crate) fn ask(server: SocketAddr, request: &str) -> Outcome<(u16, String)> {
    let begun = Instant::now();
    let stream = loop {
        match TcpStream::connect(server) {
            Ok(stream) => break stream,
            Err(error) if begun.elapsed() > PATIENCE => return Err(error.into()),
            Err(_) => sleep(Duration::from_millis(1)),
        }
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut connection = Connection { stream, answer: vec![0; 4096], filled: 0, sent: begun };
    connection.send(request.as_bytes())?;
    loop {
        if let Some(answer) = connection.receive()? {
            let body = String::from_utf8_lossy(answer.body).into_owned();
            return Ok((answer.status, body));
        }
    }
}
