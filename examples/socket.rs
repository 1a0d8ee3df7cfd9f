//! Reads a trace from a socket in flat memory: `cat trace.nettrace > /dev/tcp/localhost/9000` in bash.
use std::io::Read;
use tracemill::{Auto, ChunkPool, Config, Parser};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut socket, _) = std::net::TcpListener::bind("127.0.0.1:9000")?.accept()?;
    let config = Config::default();
    let mut parser = Parser::new(Auto::new(&config), &config);
    let (mut pool, mut len) = (ChunkPool::new(2, 64 << 10), 1);
    while len > 0 {
        let mut buf = pool.lease().ok_or("all buffers are in use")?;
        len = socket.read(&mut buf)?;
        match len {
            0 => parser.finish(),
            _ => parser.push(buf.filled(len)).map_err(|_| "more is queued than allowed")?,
        }
        while let Some(batch) = parser.next_batch()? {
            for event in batch.iter().filter(|event| event.payload().len() > 10_000) {
                println!("{:?} {}", event.class(), event.payload().len());
            }
        }
    }
    println!("{:#?}", parser.stats());
    Ok(())
}
