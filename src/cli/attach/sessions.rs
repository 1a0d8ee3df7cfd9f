//! One process, read session by session.
//!
//! A session may be renewed: it is stopped, read to its end, and begun anew with the same visitor. Two
//! sessions at once would lose nothing, but an event has nothing that is the same in both (time and
//! numbers are of each session alone), so that it could not be told which it was printed of already.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use tracemill::ipc::Error;

use super::live::{LOOK, Live};
use super::{Attached, Found, Origin, Watch};
use crate::cli::console::Console;
use crate::cli::input::Input;
use crate::cli::outcome::Outcome;
use crate::cli::pump::{self, Pass};
use crate::cli::remarks;

/// How long a runtime may refuse to begin a session anew.
const PATIENCE: Duration = Duration::from_secs(5);

impl<W: Watch> Live<'_, W> {
    /// Starts the next session. A runtime that is about to end refuses for a moment before it is gone.
    fn start_anew(&self, process: &Found) -> Result<Attached, Error> {
        let began = Instant::now();
        loop {
            match self.start(process) {
                Err(Error::Runtime(_) | Error::Timeout(_))
                    if began.elapsed() < PATIENCE && !self.stopping.is_stopped() =>
                {
                    thread::sleep(LOOK);
                }
                session => return session,
            }
        }
    }

    /// Reads one process to its end, session by session.
    pub(super) fn one(&self, process: &Found, mut session: Attached) -> io::Result<Outcome> {
        let mut console = Console::live(self.watch.is_json(), self.asked.is_quiet);
        let origin = Origin { name: process.name.clone(), pid: Some(process.pid), until_ns: None };
        let (mut visitor, mut outcome) = (self.watch.visitor(&origin), Outcome::default());
        loop {
            let (pass, stopped) = self.session(session, &mut visitor, &mut console);
            // Whoever reads the output has gone, or has seen enough: nobody needs the sessions any
            // more.
            if pass.as_ref().map_or(true, Pass::is_stopped) {
                self.stopping.stop();
            }
            let mut pass = pass?;
            let stopped = stopped.filter(|_| !self.stopping.is_stopped());
            let next = stopped.map(|at| (self.start_anew(process), at.elapsed()));
            outcome |= pass.outcome;
            if pass.stats.lost > 0 && self.asked.fail_on_loss {
                outcome |= Outcome::LOSS;
            }
            // Nobody waits for what may come later, so that this is as it should be.
            pass.stats.early = 0;
            let error = match next {
                Some((Ok(new), gap)) => {
                    remarks::print(&console, &pass);
                    let ms = gap.as_millis().max(1);
                    let message =
                        format!("asked anew; what happened in {ms} ms before is not seen");
                    console.remark(&process.name, &message);
                    let renewed = self.watch.renewed(&mut visitor);
                    if renewed.is_err() {
                        self.stopping.stop();
                    }
                    renewed?;
                    session = new;
                    continue;
                }
                // It ended at that very time.
                None | Some((Err(Error::NotFound | Error::Refused | Error::Closed(_)), _)) => None,
                Some((Err(error), _)) => Some(error),
            };
            let finished = self.watch.finish(visitor, &pass, &console);
            if finished.is_err() {
                self.stopping.stop();
            }
            finished?;
            remarks::print(&console, &pass);
            if let Some(error) = error {
                outcome |= self.failed(Some(&process.name), &error);
            }
            return Ok(outcome);
        }
    }

    /// Reads one session to its end. When it was stopped to be renewed, if it was.
    fn session(
        &self,
        session: Attached,
        visitor: &mut W::Visitor,
        console: &mut Console,
    ) -> (io::Result<Pass>, Option<Instant>) {
        let Attached { name, reader, unheard, .. } = session;
        thread::scope(|scope| {
            let (end, ends) = channel::<()>();
            let (unheard, stopping) = (&unheard, &self.stopping);
            let renew = self.asked.running.renew_every.map(|every| {
                let at = move || {
                    (ends.recv_timeout(every) == Err(RecvTimeoutError::Timeout))
                        .then(|| stopping.stop_one(unheard))
                        .flatten()
                };
                scope.spawn(at)
            });
            let pass = Input::live(name, reader).and_then(|input| {
                pump::pump_input(input, true, &self.watch.config(), console, visitor)
            });
            drop(end);
            let renewed = renew.and_then(|thread| thread.join().ok().flatten());
            (pass, renewed)
        })
    }
}
