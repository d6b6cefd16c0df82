//! What the command does, from its arguments to its exit code; standard input and output are given, so that tests can drive it.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::thread;

use crate::args::{self, Command, Options};
use crate::nginx::Nginx;
use crate::origin::{Origin, Stop};
use crate::page::Pages;
use crate::{corpus, generate, machine, nginx};

/// Serves until `input` ends. Ends with 0, with 1 when it cannot serve, and with 2 when it did not understand its arguments.
pub(crate) fn run(
    arguments: impl IntoIterator<Item = OsString>,
    input: impl Read + Send + 'static,
    output: &mut impl Write,
    errors: &mut impl Write,
) -> ExitCode {
    // When standard error itself is gone there is nobody to complain to, so here and below a failed complaint is let go.
    let options = match args::parse(arguments) {
        Ok(Command::Serve(options)) => options,
        Ok(Command::Help) => {
            let shown = output.write_all(args::HELP.as_bytes()).and_then(|()| output.flush());
            return if shown.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        Err(error) => {
            let _ = writeln!(errors, "gather-origin: {error}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match serve(&options, input, output, errors) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(errors, "gather-origin: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(
    options: &Options,
    input: impl Read + Send + 'static,
    output: &mut impl Write,
    errors: &mut impl Write,
) -> io::Result<()> {
    let pages = load_pages(options)?;
    let ready = format!("corpus={} pages={} bytes={}", pages.source(), pages.count(), pages.bytes());

    let program = nginx::find();
    if !options.nginx.is_empty() && program.is_none() {
        // Not an error: what else a lab measures does not need it.
        return writeln!(output, "unsupported reason=nginx_is_not_on_this_machine_(apt-get_install_nginx)")
            .and_then(|()| output.flush());
    }

    // After the pages are read, so that reading them may use every CPU's cache and disk queue as it likes; before the hosts take
    // their descriptors.
    for complaint in machine::prepare(options.cpu) {
        let _ = writeln!(errors, "gather-origin: {complaint}; going on");
    }
    let mut origin = Origin::bind(options.settings, pages.clone())?;
    let front = program.filter(|_| !options.nginx.is_empty());
    let front = front.map(|program| Nginx::start(&program, &pages, &options.nginx, origin.address())).transpose()?;
    if let Some(front) = &front {
        origin.watch(front.witness()?);
    }
    let awake = if options.keep_cpus_awake { machine::keep_cpus_awake() } else { None };
    let cpus_awake = if awake.is_some() { "yes" } else { "no" };
    let address = front.as_ref().map_or(origin.address(), Nginx::address);
    let (server, hosts) = (front.as_ref().map_or("origin", Nginx::version), options.settings.hosts);
    writeln!(output, "ready addr={address} {ready} cpus_awake={cpus_awake} hosts={hosts} server={server}")
        .and_then(|()| output.flush())?;

    stop_when_ended(input, origin.stop_handle());
    origin.run()
}

fn load_pages(options: &Options) -> io::Result<Pages> {
    if options.corpus.is_empty() {
        return Ok(Pages::new("generated", generate::pages(options.settings.seed, options.generated)));
    }
    let bodies = corpus::read(&options.corpus, options.take_every, options.max_page_bytes)?;
    Ok(Pages::new("directory", corpus::spread(bodies)))
}

/// A thread that only waits: epoll refuses a standard input that is a file or `/dev/null`, and a read does not.
/// It is not joined: it may wait for ever when the loop ended for another reason, and then the process ends with it.
fn stop_when_ended(mut input: impl Read + Send + 'static, stop: Stop) {
    thread::spawn(move || {
        // An input that cannot be read has ended, too: whoever started the origin is not there.
        let _ = io::copy(&mut input, &mut io::sink());
        stop.stop();
    });
}
