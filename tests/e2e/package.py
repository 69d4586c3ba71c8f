#!/usr/bin/env python3
"""The Debian package: linted, installed, run by a real systemd, upgraded with a run in flight, removed.

Needs root: makes a bare Debian 12 with debootstrap, installs the package in it and boots it with
systemd-nspawn. Inside, packaged/driver.sh does the steps and writes a line for each fact; what they
should be is said here.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
UNIT = os.path.join(ROOT, "packaging", "stepwell.service")
EXPOSURE_MAX = 2.0

# What the driver must have seen, in its order.
WANTED = {
    "active": "active",
    "enabled": "enabled",
    "user": "stepwell",
    "status": "listening on http://127.0.0.1:8083",
    "answers": "0",
    "data-mode": "700 stepwell",
    "restarted-after-kill": "yes",
    "restarted-by-watchdog": "yes",
    "upgraded": "0.1.0-2",
    "run-in-flight": "succeeded",
    "clean-stop": "success 0",
    "removed": "inactive",
    "data-kept": "yes",
    "purged": "nothing left",
}


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"expected {' '.join(command)} to end with 0, but it gave {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout + done.stderr


def check_unit(program):
    """systemd knows every key of the unit, and its exposure is low."""
    with tempfile.TemporaryDirectory() as folder:
        text = open(UNIT).read().replace("/usr/bin/stepwell", program).replace("Documentation=man:stepwell(1)\n", "")
        path = os.path.join(folder, "stepwell.service")
        with open(path, "w") as file:
            file.write(text)
        said = run("systemd-analyze", "verify", path)
        assert not said.strip(), f"systemd-analyze verify says: {said}"
    said = run("systemd-analyze", "security", "--offline=yes", UNIT)
    exposure = float(re.search(r"exposure level for stepwell.service: ([0-9.]+)", said)[1])
    assert exposure <= EXPOSURE_MAX, f"expected an exposure of at most {EXPOSURE_MAX}, but it is {exposure}"
    print(f"unit: verify is silent, exposure {exposure}")


def build_packages(build, folder):
    """The package of this build, and the same again as the next revision."""
    run("cmake", "--build", build, "--target", "package_files")
    run("cpack", "-G", "DEB", "-B", folder, "--config", os.path.join(build, "CPackConfig.cmake"))
    first = next(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith("-1_amd64.deb"))
    tree = os.path.join(folder, "tree")
    run("dpkg-deb", "-R", first, tree)
    control = os.path.join(tree, "DEBIAN", "control")
    text = open(control).read().replace("Version: 0.1.0-1", "Version: 0.1.0-2")
    with open(control, "w") as file:
        file.write(text)
    second = os.path.join(folder, "stepwell_0.1.0-2_amd64.deb")
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-b", tree, second)
    shutil.rmtree(tree)
    return first, second


def lint(package):
    said = run("lintian", "--fail-on", "error,warning", "--tag-display-limit", "0", "--allow-root", package)
    print(f"lintian: {'nothing to say' if not said.strip() else said.strip()}")


def make_machine(tree, out, packages):
    run("debootstrap", "--variant=minbase", "--include=systemd-sysv,dbus,ca-certificates", "bookworm", tree)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{name}", f"{tree}/etc/{name}")
    for number, package in enumerate(packages, 1):
        shutil.copy(package, f"{tree}/root/stepwell-{number}.deb")
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    run("chroot", tree, "apt-get", "install", "-y", "-q", "--no-install-recommends", "/root/stepwell-1.deb", env=environment)
    shutil.copy(os.path.join(HERE, "packaged", "driver.sh"), f"{tree}/root/driver.sh")
    shutil.copy(os.path.join(HERE, "packaged", "driver.service"), f"{tree}/etc/systemd/system/driver.service")
    shutil.copy(os.path.join(HERE, "packaged", "nap.yaml"), f"{tree}/etc/stepwell/workflows/nap.yaml")
    os.makedirs(f"{tree}/etc/systemd/system/multi-user.target.wants", exist_ok=True)
    os.symlink("/etc/systemd/system/driver.service", f"{tree}/etc/systemd/system/multi-user.target.wants/driver.service")
    os.makedirs(out)


def boot(tree, out):
    script = ("mount --make-rprivate / && mount -t tmpfs tmpfs /run && "
              "exec systemd-nspawn -b -D \"$0\" --register=no --keep-unit --console=pipe --private-network --bind=\"$1\":/out")
    subprocess.run(["unshare", "-m", "sh", "-c", script, tree, out], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=300, env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"})


def check_facts(out):
    path = os.path.join(out, "facts")
    said = dict(line.split("=", 1) for line in open(path).read().splitlines()) if os.path.exists(path) else {}
    wrong = {name: (want, said.get(name)) for name, want in WANTED.items() if said.get(name) != want}
    for name, (want, got) in wrong.items():
        print(f"{name}: expected '{want}', but it was '{got}'")
    if wrong:
        for name in ("driver.log", "journal.log"):
            if os.path.exists(os.path.join(out, name)):
                print(f"--- {name}\n{open(os.path.join(out, name), errors='replace').read()[-6000:]}")
    print(f"{len(WANTED) - len(wrong)} passed, {len(wrong)} failed")
    return not wrong


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    arguments = parse.parse_args()
    folder = tempfile.mkdtemp(prefix="stepwell-package-", dir="/var/tmp")
    try:
        check_unit(os.path.join(os.path.abspath(arguments.build), "stepwell"))
        packages = build_packages(os.path.abspath(arguments.build), folder)
        lint(packages[0])
        tree, out = os.path.join(folder, "machine"), os.path.join(folder, "out")
        make_machine(tree, out, packages)
        boot(tree, out)
        good = check_facts(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
