//! What key pairs cost: `cargo bench -- pairs`. Signatures beside OpenSSL's, and what making keys does to other calls.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    Outcome,
    load::{self, Batch, Fleet, ask},
    machine::Machine,
    process, sandbox,
    sign::{self, Scheme},
};

/// The argument that asks for it.
pub(crate) const NAME: &str = "pairs";

const ROUNDS: usize = 5;
const SIGNATURES: usize = 400;
const SECONDS: &str = "1";

/// Keys that are made at once while others decrypt, and one after the other.
const AT_ONCE: usize = 20;
const IN_TURN: usize = 50;
const DECRYPTS: usize = 500;

/// A kind of signature, and what `openssl speed` calls its like: the name to ask for, and the group and the length that
/// its answer names.
struct Kind {
    spec: &'static str,
    algorithm: &'static str,
    openssl: Option<(&'static str, &'static str)>,
}

/// `openssl speed` has no secp256k1.
const KINDS: [Kind; 6] = [
    Kind { spec: "RSA_2048", algorithm: "RSA_PKCS1_SHA_256", openssl: Some(("rsa2048", "+F2:")) },
    Kind { spec: "RSA_3072", algorithm: "RSA_PKCS1_SHA_256", openssl: Some(("rsa3072", "+F2:")) },
    Kind { spec: "RSA_2048", algorithm: "RSA_PSS_SHA_256", openssl: Some(("rsa2048", "+F2:")) },
    Kind { spec: "EC_P256", algorithm: "ECDSA_SHA_256", openssl: Some(("ecdsap256", "+F4:")) },
    Kind { spec: "EC_P256K", algorithm: "ECDSA_SHA_256", openssl: None },
    Kind { spec: "EC_SM2", algorithm: "SM2DSA", openssl: Some(("sm2", "+F7:")) },
];

pub(crate) fn measure() -> Outcome<()> {
    sign::check_vectors()?;
    let machine = Machine::prepare()?;
    println!("Key pairs\n{}", machine.describe());
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("sandbox.toml");
    fs::write(&file, sandbox::file(1))?;
    signatures(&machine, &file)?;
    creations(&machine, &file)
}

/// Signatures a second of the whole service on one core, beside those of `openssl speed` on the same core.
fn signatures(machine: &Machine, file: &Path) -> Outcome<()> {
    let running = machine.on_server_core(|| process::start(file, None))??;
    for kind in &KINDS {
        let (key, version) = created(running.address, kind.spec)?;
        let parameters = [
            ("Action", "AsymmetricSign"),
            ("KeyId", &key),
            ("KeyVersionId", &version),
            ("Algorithm", kind.algorithm),
            ("Digest", "ryvb4aqbbsHireHWlPQfxxqDHQJo6YkVYhE9imKt0b8="),
        ];
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let mut fleet = Fleet::connect(running.address, 4, machine.is_pinned())?;
        for _ in 0..ROUNDS {
            let batch = Batch::of(SIGNATURES, |nonce, timestamp| sign::v1_as_owner(&parameters, nonce, timestamp));
            let driven = fleet.drive(&batch, 0..SIGNATURES)?;
            ours.push(f64::from(u32::try_from(SIGNATURES)?) / driven.wall.as_secs_f64());
            if let Some((name, group)) = kind.openssl {
                theirs.push(machine.on_server_core(|| openssl(name, group))??);
                ratios.extend(ours.last().zip(theirs.last()).map(|(ours, theirs)| ours / theirs));
            }
        }
        print!("{:>9} {:<17} {:>7.0} signatures/s", kind.spec, kind.algorithm, middle(&mut ours));
        if ratios.is_empty() {
            println!("; openssl speed has none");
        } else {
            println!(", openssl speed {:>7.0}/s: ratio {:.2}", middle(&mut theirs), middle(&mut ratios));
        }
    }
    Ok(())
}

/// How long keys take to be made, in turn and at once, and what a Decrypt waits meanwhile.
fn creations(machine: &Machine, file: &Path) -> Outcome<()> {
    let running = machine.everywhere(|| process::start(file, None))??;
    let create = [("Action", "CreateKey"), ("KeySpec", "RSA_2048")];
    let creations = |count| Batch::of(count, |nonce, timestamp| sign::v1_as_owner(&create, nonce, timestamp));

    let in_turn = Fleet::connect(running.address, 1, false)?.drive(&creations(IN_TURN), 0..IN_TURN)?.latencies;
    println!(
        "{IN_TURN} RSA_2048 keys in turn: median {:.0?}, slowest {:.0?}",
        in_turn[IN_TURN / 2],
        in_turn[IN_TURN - 1]
    );

    let mut decrypting = Fleet::connect(running.address, 1, false)?;
    let mut decrypt = || -> Outcome<Vec<Duration>> {
        Ok(decrypting.drive(&Batch::sign(Scheme::V1Get, DECRYPTS), 0..DECRYPTS)?.latencies)
    };
    let mut idle = Vec::new();
    for _ in 0..10 {
        idle.extend(decrypt()?);
    }
    report("alone", &mut idle);
    let (address, batch) = (running.address, creations(AT_ONCE));
    let mut busy = Vec::new();
    let mut made = thread::scope(|scope| -> Outcome<Vec<Duration>> {
        let begun = Instant::now();
        let making = scope.spawn(move || {
            let driven = Fleet::connect(address, AT_ONCE, false).and_then(|mut fleet| fleet.drive(&batch, 0..AT_ONCE));
            driven.map(|driven| driven.latencies).map_err(|error| error.to_string())
        });
        while !making.is_finished() {
            busy.extend(decrypt()?);
        }
        println!("{AT_ONCE} RSA_2048 keys at once, made in {:.2?}", begun.elapsed());
        Ok(making.join().map_err(|_| "the thread that makes keys panicked")??)
    })?;
    made.sort_unstable();
    println!("  first after {:.0?}, last after {:.0?}", made[0], made[AT_ONCE - 1]);
    report("meanwhile", &mut busy);
    Ok(())
}

fn report(when: &str, latencies: &mut [Duration]) {
    latencies.sort_unstable();
    let at = |share: usize| latencies[(latencies.len() - 1) * share / 1000];
    println!(
        "  Decrypt {when} (1 connection, {} calls): p50 {:.0?}, p99 {:.0?}, p99.9 {:.0?}, slowest {:.0?}",
        latencies.len(),
        at(500),
        at(990),
        at(999),
        at(1000)
    );
}

/// A new key: its id and its version's.
fn created(address: SocketAddr, spec: &str) -> Outcome<(String, String)> {
    let parameters = [("Action", "CreateKey"), ("KeySpec", spec)];
    let request = sign::v1_as_owner(&parameters, &load::nonce(), &load::timestamp());
    let (status, body) = ask(address, &request)?;
    let answer: Value = serde_json::from_str(&body)?;
    let text = |name: &str| answer["KeyMetadata"][name].as_str().map(str::to_owned);
    text("KeyId").zip(text("PrimaryKeyVersion")).ok_or_else(|| format!("CreateKey answers {status}: {body}").into())
}

/// Signatures a second, by `openssl speed`.
fn openssl(name: &str, group: &str) -> Outcome<f64> {
    let told = Command::new("openssl").args(["speed", "-mr", "-seconds", SECONDS, name]).output()?;
    let told = String::from_utf8(told.stdout)?;
    let line = told.lines().find(|line| line.starts_with(group)).ok_or("openssl speed tells no such figure")?;
    let mut figures = line.split(':').rev();
    figures.next();
    Ok(figures.next().ok_or("openssl speed tells too little")?.parse()?)
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
