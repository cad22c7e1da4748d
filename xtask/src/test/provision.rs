//! What the tests need beside Rust, and how to get it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Count, announce};
use crate::tree;

/// Something that tests run.
struct Tool {
    name: &'static str,
    /// Says its version when it is there.
    probe: fn() -> Command,
    /// The commands that install it, in turn.
    install: fn() -> Vec<Command>,
}

const TOOLS: [Tool; 12] = [
    Tool {
        name: "nginx",
        probe: || command("nginx", &["-v"]),
        install: || debian("nginx-light"),
    },
    Tool {
        name: "node",
        probe: || command("node", &["--version"]),
        install: || debian("nodejs"),
    },
    Tool {
        name: "schemathesis",
        probe: || command(schemathesis(), &["--version"]),
        install: || {
            let environment = tools().join("python");
            let pip = environment.join("bin/pip");
            let arguments = ["install", "--quiet", "--disable-pip-version-check"];
            let mut install = command(pip, &arguments);
            install.arg("schemathesis==4.32.5");
            let mut create = command("python3", &["-m", "venv"]);
            create.arg(environment);
            vec![create, install]
        },
    },
    Tool {
        name: "redocly",
        probe: || command(redocly(), &["--version"]),
        install: || {
            let mut install = command("npm", &["install", "--silent", "--no-audit", "--no-fund"]);
            install
                .arg("--prefix")
                .arg(tools().join("node"))
                .arg("@redocly/cli@2.77.0");
            vec![install]
        },
    },
    Tool {
        name: "chromium",
        probe: || command("chromium", &["--version"]),
        install: || debian("chromium"),
    },
    Tool {
        name: "playwright-core and axe-core",
        probe: || {
            let script = "require('playwright-core'); require('axe-core')";
            let mut probe = command("node", &["--eval", script]);
            probe.env("NODE_PATH", browser_packages().join("node_modules"));
            probe
        },
        install: || {
            let mut install = command("npm", &["install", "--silent", "--no-audit", "--no-fund"]);
            install
                .arg("--prefix")
                .arg(browser_packages())
                .args(["playwright-core@1.65.1", "axe-core@4.14.1"]);
            vec![install]
        },
    },
    Tool {
        name: "what the TypeScript SDK is tried with",
        probe: || inside("typescript", command("npm", &["ls", "--silent"])),
        install: || {
            let install = command("npm", &["install", "--silent", "--no-audit", "--no-fund"]);
            let mut install = inside("typescript", install);
            install.arg("--no-package-lock");
            vec![install]
        },
    },
    Tool {
        name: "what the Python SDK is tried with",
        probe: || command(sdk_python(), &["-c", PYTHON_PACKAGES]),
        install: || {
            let mut create = command("python3", &["-m", "venv"]);
            create.arg(tools().join("sdk-python"));
            let arguments = [
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ];
            let mut install = inside("python", command(sdk_python(), &arguments));
            install.args(["--requirement", "requirements-test.txt"]);
            vec![create, install]
        },
    },
    Tool {
        name: "mkdocs",
        probe: || command(mkdocs(), &["--version"]),
        install: || {
            let environment = tools().join("docs");
            let arguments = ["install", "--quiet", "--disable-pip-version-check"];
            let mut install = command(environment.join("bin/pip"), &arguments);
            install.args(["mkdocs==1.6.1", "mkdocs-material==9.8.1"]);
            let mut create = command("python3", &["-m", "venv"]);
            create.arg(environment);
            vec![create, install]
        },
    },
    Tool {
        name: "go",
        probe: || command("go", &["version"]),
        install: || debian("golang"),
    },
    // Makes the certificates that the Rust SDK is tried with.
    Tool {
        name: "openssl",
        probe: || command("openssl", &["version"]),
        install: || debian("openssl"),
    },
    Tool {
        name: "what the examples are made of",
        probe: || command(examples(), &["packages", "--check"]),
        install: || vec![command(examples(), &["packages"])],
    },
];

/// Whether all packages are there that the Python SDK is tried with.
const PYTHON_PACKAGES: &str =
    "import build, cryptography, django, fastapi, flask, hatchling, httpx, mypy, pytest, uvicorn";

/// Where tools are kept that are not the system's.
fn tools() -> PathBuf {
    tree::root().join("target/tools")
}

/// The tester of HTTP interfaces.
pub(super) fn schemathesis() -> PathBuf {
    tools().join("python/bin/schemathesis")
}

/// The linter of interface descriptions.
pub(super) fn redocly() -> PathBuf {
    tools().join("node/node_modules/.bin/redocly")
}

/// What makes a site of the documents.
pub(crate) fn mkdocs() -> PathBuf {
    tools().join("docs/bin/mkdocs")
}

/// The packages that drive a browser and look at its pages.
pub(super) fn browser_packages() -> PathBuf {
    tools().join("browser")
}

/// The Python that has what the Python SDK is tried with.
pub(super) fn sdk_python() -> PathBuf {
    tools().join("sdk-python/bin/python")
}

/// The command that starts the examples, and installs their packages.
fn examples() -> PathBuf {
    tree::root().join("examples/run")
}

/// The same command, in an SDK's room.
fn inside(room: &str, mut command: Command) -> Command {
    command.current_dir(tree::root().join("sdks").join(room));
    command
}

fn command(program: impl Into<PathBuf>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.into());
    command.args(arguments);
    command
}

fn debian(package: &str) -> Vec<Command> {
    let mut install = command(
        "apt-get",
        &["install", "--yes", "-qq", "--no-install-recommends"],
    );
    install
        .arg(package)
        .env("DEBIAN_FRONTEND", "noninteractive");
    vec![command("apt-get", &["update", "-qq"]), install]
}

/// Whether everything is there, each tool counted; first installs what is missing if told to.
pub(super) fn check(install: bool) -> Count {
    announce("what the tests need");
    let mut count = Count::default();
    for tool in &TOOLS {
        if install && !tool.is_there() {
            println!("installing {}", tool.name);
            tool.install();
        }
        let there = tool.is_there();
        let verdict = if there {
            "there"
        } else {
            "missing: `cargo xtask test --provision` gets it"
        };
        println!("{}: {verdict}", tool.name);
        count.add(Count::one(there));
    }
    count
}

impl Tool {
    fn is_there(&self) -> bool {
        let mut probe = (self.probe)();
        probe
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success())
    }

    fn install(&self) {
        for mut step in (self.install)() {
            if !step
                .stdout(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
            {
                println!("could not run {step:?}");
                return;
            }
        }
    }
}
