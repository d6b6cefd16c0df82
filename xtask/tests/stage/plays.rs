//! What the stage plays: the engines, named after how they behave, and a few workloads.

/// The tables of `engines.toml`.
pub(super) fn engines() -> String {
    let names = [
        "good",
        "half",
        "wrong",
        "queue",
        "debug",
        "dies",
        "fails",
        "kills",
        "hangs",
        "babbles",
        "unable",
        "wobbly",
        "close",
        "leaves",
        "stillborn",
    ];
    let table = |name| {
        format!(
            "[[engine]]\nname = \"{name}\"\nabout = \"a script\"\nfamily = \"async\"\nclient = \"sh\"\nruntime = \"sh\"\n\n"
        )
    };
    names.map(table).concat()
}

/// The files of `workloads/`.
pub(super) const WORKLOADS: [(&str, &str); 6] = [
    ("sweep.toml", SWEEP),
    ("impatient.toml", IMPATIENT),
    ("nobody.toml", NOBODY),
    ("crowd.toml", CROWD),
    ("unsteady.toml", UNSTEADY),
    ("close.toml", CLOSE),
];

const SWEEP: &str = r#"
question = "Does it sweep?"
expectation = "It does."
analysis = "A sweep."
engines = ["good", "half"]
reference = "good"
limits = ["little", "cpu"]
[params]
requests = 1000
concurrency = 64
delay_us = [1000, 20000]
page = "fixed:2700"
[[expect]]
when = { delay_us = 20000 }
in_flight_max = "concurrency"
[quick]
engines = ["good", "half"]
"#;

const IMPATIENT: &str = r#"
question = "How long?"
expectation = "Not long."
analysis = "A second."
engines = ["good"]
reference = "good"
time_limit_s = 1
[params]
requests = 10
"#;

const NOBODY: &str = r#"
question = "Is anybody there?"
expectation = "No."
analysis = "Nobody."
engines = ["unable"]
reference = "unable"
[params]
requests = 10
"#;

const CROWD: &str = r#"
question = "Is there room?"
expectation = "For one at a time."
analysis = "A crowd."
engines = ["good", "half"]
reference = "good"
rounds = 8
[params]
requests = 10
concurrency = 900
"#;

const UNSTEADY: &str = r#"
question = "Does it stand still?"
expectation = "It does not."
analysis = "Unsteady."
engines = ["wobbly", "half"]
reference = "wobbly"
rounds = 9
[params]
requests = 10
"#;

const CLOSE: &str = r#"
question = "Is it any faster?"
expectation = "By a hair."
analysis = "Close."
engines = ["good", "close"]
reference = "good"
rounds = 9
[params]
requests = 10
"#;
