//! nginx of the distribution, with a configuration, certificates and files made on the spot.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gather_conformance::origin::{Origin, pattern};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

use crate::expectation::PERIOD;
use crate::servers::httpbin::Httpbin;
use crate::servers::process::{Process, last_words};

/// What cases call its servers, and nginx.conf their ports; and whether they speak TLS.
const SERVERS: [(&str, &str); 11] = [
    ("nginx", "plain"),
    ("strict", "strict"),
    ("h2c", "h2c"),
    ("tls", "tls"),
    ("tls-http1", "tls-http1"),
    ("tls12", "tls12"),
    ("tls13", "tls13"),
    ("expired", "expired"),
    ("misnamed", "misnamed"),
    ("stranger", "stranger"),
    ("wants-certificate", "wants-certificate"),
];
const PLAIN: [&str; 3] = ["nginx", "strict", "h2c"];

/// A running nginx.
pub(crate) struct Nginx {
    ports: Vec<u16>,
    authority: Vec<u8>,
    folder: PathBuf,
    process: Process,
    /// Has a port that refuses.
    _refusing: Origin,
}

/// Its ports are free when they are looked for, and may be somebody else's by the time that it opens them.
const ATTEMPTS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(10);

impl Nginx {
    pub(crate) fn start(folder: &Path, httpbin: Option<&Httpbin>) -> Result<Nginx, String> {
        let Some(program) = find() else { return Err("nginx is not in PATH (apt-get install nginx)".to_owned()) };
        let folder = folder.join("nginx");
        let failed = |error: std::io::Error| format!("nginx cannot be set up: {error}");
        write_files(&folder.join("files")).map_err(failed)?;
        let authority = write_certificates(&folder).map_err(|error| format!("no certificates for nginx: {error}"))?;
        let refusing = Origin::start();
        let refusing_port =
            refusing.refused_url().trim_end_matches('/').rsplit(':').next().unwrap_or_default().to_owned();
        let upstream = httpbin.and_then(|httpbin| httpbin.addresses().into_iter().next()).map(|(_, address)| address);
        let upstream = upstream.unwrap_or_else(|| format!("http://127.0.0.1:{refusing_port}"));
        let newer = has_directive_http2(&program)?;
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let ports = free_ports().map_err(failed)?;
            let words = |text: &str| {
                let text = SERVERS.iter().zip(&ports).fold(text.to_owned(), |text, ((_, word), port)| {
                    text.replace(&format!("{{{word}}}"), &port.to_string())
                });
                text.replace("{folder}", &folder.display().to_string())
                    .replace("{httpbin}", &upstream)
                    .replace("{refusing}", &refusing_port)
                    .replace("{http2-listen}", if newer { "" } else { " http2" })
                    .replace("{http2-on}", if newer { "http2 on;" } else { "" })
            };
            fs::write(folder.join("nginx.conf"), words(include_str!("../nginx.conf"))).map_err(failed)?;
            fs::write(folder.join("pages.conf"), words(include_str!("../pages.conf"))).map_err(failed)?;
            let mut command = Command::new(&program);
            command
                .arg("-p")
                .arg(&folder)
                .arg("-c")
                .arg(folder.join("nginx.conf"))
                .arg("-e")
                .arg(folder.join("error.log"));
            let mut process = Process::start(command, folder.join("nginx.err"))?;
            if is_ready(&mut process, &ports) {
                return Ok(Nginx { ports, authority, folder, process, _refusing: refusing });
            }
            why = format!("{}\n{}", process.last_words(), last_words(&folder.join("error.log")));
        }
        Err(format!("nginx did not start:\n{why}"))
    }

    pub(crate) fn addresses(&self) -> Vec<(&'static str, String)> {
        let address = |((name, _), port): (&(&'static str, &str), &u16)| {
            let scheme = if PLAIN.contains(name) { "http" } else { "https" };
            (*name, format!("{scheme}://127.0.0.1:{port}"))
        };
        SERVERS.iter().zip(&self.ports).map(address).collect()
    }

    /// The certificate (DER) of the authority behind the good certificates.
    pub(crate) fn authority(&self) -> &[u8] {
        &self.authority
    }

    /// Ends it; the file with what it has seen.
    pub(crate) fn stop(self) -> PathBuf {
        drop(self.process);
        self.folder.join("seen.log")
    }
}

fn find() -> Option<PathBuf> {
    // Debian keeps it where the PATH of a plain user does not lead.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nginx")).find(|file| file.is_file())
}

/// Since 1.25.1 HTTP/2 is a directive of its own; before, a parameter of `listen`.
fn has_directive_http2(program: &Path) -> Result<bool, String> {
    let output = Command::new(program).arg("-v").output().map_err(|error| format!("nginx cannot be run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let version = said.split("nginx/").nth(1).unwrap_or_default();
    let numbers: Vec<u32> =
        version.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse().ok()).take(3).collect();
    Ok(numbers >= vec![1, 25, 1])
}

fn free_ports() -> std::io::Result<Vec<u16>> {
    // All are held at the same time, so that no two are the same.
    let held: Vec<TcpListener> =
        SERVERS.iter().map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<std::io::Result<_>>()?;
    held.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

fn is_ready(process: &mut Process, ports: &[u16]) -> bool {
    let deadline = Instant::now() + PATIENCE;
    // It opens all of them before it serves any, and ends when it cannot.
    while Instant::now() < deadline && !process.has_ended() {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, ports[0])).is_ok() {
            return !process.has_ended();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

/// So that what a server says of a file is the same in every run.
const MODIFIED: Duration = Duration::from_secs(1_600_000_000);

fn write_files(folder: &Path) -> std::io::Result<()> {
    let mut big = pattern(PERIOD).repeat((9 << 20) / PERIOD + 1);
    big.truncate(9 << 20);
    let lines: String = (0..2000).map(|number| format!("line {number} of a text that compresses well\n")).collect();
    let page = "<!doctype html><title>A page</title><p>Read <a href=small.txt>more</a>, and <a href=/say>hear</a>.\n";
    let files: [(&str, &[u8]); 9] = [
        ("small.txt", b"small enough\n"),
        ("empty.txt", b""),
        ("page.html", page.as_bytes()),
        ("lines.txt", lines.as_bytes()),
        ("data.json", b"{\"numbers\": [1, 2, 3], \"text\": \"caf\xc3\xa9\"}\n"),
        ("latin1.html", b"<meta charset=latin1><p>caf\xe9\n"),
        ("big.bin", &big),
        ("listed/a.txt", b"a\n"),
        ("listed/b c.txt", b"b c\n"),
    ];
    fs::create_dir_all(folder.join("listed"))?;
    for (name, bytes) in files {
        let mut file = File::create(folder.join(name))?;
        file.write_all(bytes)?;
        file.set_modified(SystemTime::UNIX_EPOCH + MODIFIED)?;
    }
    Ok(())
}

/// An authority and what it certifies, and one that nobody has heard of.
fn write_certificates(folder: &Path) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let authority = || -> Result<_, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new([])?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key)?;
        Ok((certificate, Issuer::new(parameters, key)))
    };
    let (certificate, ours) = authority()?;
    let (_, theirs) = authority()?;
    fs::write(folder.join("authority.crt"), pem("CERTIFICATE", certificate.der()))?;
    let long_ago = Some((date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1)));
    let wanted = [
        ("good", "127.0.0.1", None, &ours),
        ("expired", "127.0.0.1", long_ago, &ours),
        ("misnamed", "elsewhere.test", None, &ours),
        ("stranger", "127.0.0.1", None, &theirs),
    ];
    for (name, host, validity, issuer) in wanted {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new([host.to_owned()])?;
        if let Some((from, to)) = validity {
            (parameters.not_before, parameters.not_after) = (from, to);
        }
        let certificate = parameters.signed_by(&key, issuer)?;
        fs::write(folder.join(format!("{name}.crt")), pem("CERTIFICATE", certificate.der()))?;
        fs::write(folder.join(format!("{name}.key")), pem("PRIVATE KEY", &key.serialize_der()))?;
    }
    Ok(certificate.der().to_vec())
}

/// RFC 7468, section 2. rcgen would do it with a second version of the crate that does it here.
fn pem(label: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).expect("letters")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
