//! Reads a trace from a socket in flat memory: `cat trace.nettrace > /dev/tcp/localhost/9000`.
use std::{error::Error, io::Read, net::TcpListener};
use tracemill::{Auto, ChunkPool, Config, Parser};
fn main() {
    let config = Config::default();
    let mut parser = Parser::new(Auto::new(&config), &config);
    let end = read(&mut parser);
    println!("{end:?} {:#?}", parser.stats());
}
fn read(parser: &mut Parser<Auto>) -> Result<(), Box<dyn Error>> {
    let (mut socket, _) = TcpListener::bind("127.0.0.1:9000")?.accept()?;
    let (mut pool, mut len) = (ChunkPool::new(2, 1 << 20), 1);
    while len > 0 {
        let mut buf = pool.lease().ok_or("all buffers are in use")?;
        len = socket.read(&mut buf)?;
        match len {
            0 => parser.finish(),
            _ => parser.push(buf.filled(len))?,
        }
        while let Some(batch) = parser.next_batch()? {
            batch.iter().for_each(|event| println!("{:?} {:?}", event.ns(), event.class()));
        }
    }
    Ok(())
}
