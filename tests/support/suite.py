"""How end-to-end tests are started, and how they end: the last line is "N passed, M failed"."""
import argparse
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def arguments_of(module):
    """An argument parser with --stepwell PROGRAM; the environment's STEPWELL_BIN wins over it."""
    parse = argparse.ArgumentParser(description=module.__doc__.split("\n")[0])
    parse.add_argument("--stepwell", default=os.path.join(ROOT, "build", "release", "stepwell"),
                       type=lambda program: os.path.abspath(os.environ.get("STEPWELL_BIN") or program))
    return parse


def finish(passed, failed):
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


def run_classes(module, names):
    """Runs the module's TestCase classes, or only `names`: Class or Class.test_name."""
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    broken = {str(getattr(test, "test_case", test)) for test, _ in result.failures + result.errors}
    finish(result.testsRun - len(broken), len(broken))


def main(module, home=None):
    """Runs the module's classes, which find the program as PROGRAM of `home`, else of the module."""
    parse = arguments_of(module)
    parse.add_argument("names", nargs="*", help="only these: Class or Class.test_name")
    arguments = parse.parse_args()
    (home or module).PROGRAM = arguments.stepwell
    run_classes(module, arguments.names)


def run_cases(module, cases):
    """Runs functions that take the program, as root of a user namespace where we are not root."""
    parse = arguments_of(module)
    parse.add_argument("--only", choices=[case.__name__ for case in cases])
    arguments = parse.parse_args()
    if os.geteuid() != 0:
        os.execvp("unshare", ["unshare", "--user", "--map-root-user", "--mount", sys.executable, *sys.argv])
    cases = [case for case in cases if arguments.only in (None, case.__name__)]
    failed = 0
    for case in cases:
        try:
            case(arguments.stepwell)
            print(f"ok      {case.__name__}: {case.__doc__}")
        except (AssertionError, TimeoutError, RuntimeError, OSError) as fault:
            failed += 1
            print(f"FAILED  {case.__name__}: {fault}")
    finish(len(cases) - failed, failed)
