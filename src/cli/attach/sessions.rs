//! One process, read session by session, with the same visitor.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use tracemill::Batch;

use super::live::Live;
use super::{Attached, Found, Origin, Silent, Watch, renew};
use crate::cli::console::Console;
use crate::cli::input::Input;
use crate::cli::outcome::Outcome;
use crate::cli::pump::{self, Pass, Visitor};
use crate::cli::remarks;

/// How long nothing may come before that is told: longer than most people would wait in silence.
const SILENCE: Duration = Duration::from_secs(10);

impl<W: Watch> Live<'_, W> {
    /// Reads one process to its end, session by session.
    pub(super) fn one(&self, process: &Found, mut session: Attached) -> io::Result<Outcome> {
        let mut console = Console::live(self.watch.is_json(), self.asked.is_quiet);
        let origin = Origin { name: process.name.clone(), pid: Some(process.pid), until_ns: None };
        let (mut visitor, mut outcome) = (self.watch.visitor(&origin), Outcome::default());
        let mut silent = Silent::new(&self.asked.config.providers, self.asked.named);
        let has_come = AtomicBool::new(false);
        loop {
            let (pass, stopped) = self.session(session, &has_come, &mut visitor, &mut console);
            // That is told once.
            has_come.store(true, Ordering::Relaxed);
            // Whoever reads the output has gone, or has seen enough: nobody needs the sessions any
            // more.
            if pass.as_ref().map_or(true, Pass::is_stopped) {
                self.stopping.stop();
            }
            let mut pass = pass?;
            silent.look(&pass);
            let next = stopped.map(|at| {
                (renew::start_anew(&self.stopping, || self.start(process)), at.elapsed())
            });
            outcome |= pass.outcome;
            if pass.stats.lost > 0 && self.asked.fail_on_loss {
                outcome |= Outcome::LOSS;
            }
            // Nobody waits for what may come later, so that this is as it should be.
            pass.stats.early = 0;
            let error = match next {
                Some((Ok(Some(new)), gap)) => {
                    remarks::print(&console, &pass);
                    console.remark(&process.name, &renew::remark(gap));
                    let renewed = self.watch.renewed(&mut visitor);
                    if renewed.is_err() {
                        self.stopping.stop();
                    }
                    renewed?;
                    session = new;
                    continue;
                }
                None | Some((Ok(None), _)) => None,
                Some((Err(error), _)) => Some(error),
            };
            let finished = self.watch.finish(visitor, &pass, &console);
            if finished.is_err() {
                self.stopping.stop();
            }
            finished?;
            remarks::print(&console, &pass);
            silent.print(&console, &process.name);
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
        has_come: &AtomicBool,
        visitor: &mut W::Visitor,
        console: &mut Console,
    ) -> (io::Result<Pass>, Option<Instant>) {
        let Attached { name, reader, unheard, .. } = session;
        let said = Console::live(self.watch.is_json(), self.asked.is_quiet);
        let process = name.clone();
        thread::scope(|scope| {
            let (end, ends) = channel::<()>();
            scope.spawn(move || {
                let is_over = ends.recv_timeout(SILENCE) != Err(RecvTimeoutError::Timeout);
                if !is_over && !has_come.load(Ordering::Relaxed) {
                    let asked = Silent::new(&self.asked.config.providers, self.asked.named).asked();
                    let asked = asked.map(|asked| format!(" from {asked}")).unwrap_or_default();
                    let seconds = SILENCE.as_secs();
                    said.remark(
                        &process,
                        &format!("no event came in the first {seconds} s{asked}"),
                    );
                }
            });
            let mut noticing = Noticing { visitor, has_come };
            let read = || {
                let input = Input::live(name, reader)?;
                pump::pump_input(input, true, &self.watch.config(), console, &mut noticing)
            };
            let every = self.asked.running.renew_every;
            let read = renew::read_for(every, &unheard, &self.stopping, read);
            drop(end);
            read
        })
    }
}

/// A visitor, and whether it has met an event.
struct Noticing<'a, V> {
    visitor: &'a mut V,
    has_come: &'a AtomicBool,
}

impl<V: Visitor> Visitor for Noticing<'_, V> {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        if batch.iter().len() > 0 {
            self.has_come.store(true, Ordering::Relaxed);
        }
        self.visitor.batch(batch)
    }

    fn pause(&mut self) -> io::Result<()> {
        self.visitor.pause()
    }
}
