#!/usr/bin/env python3
"""The command line against a daemon: requests, completion in a real bash, the manual page, and the answers for a dashboard.

The program is STEPWELL_BIN, else --stepwell. Ends with "N passed, M failed".
"""
import json
import os
import re
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import e2e  # noqa: E402
import suite  # noqa: E402
from e2e import ROOT, machine, stepwell, wait_until  # noqa: E402

COMMANDS = ["serve", "open", "run", "validate", "test-state", "test", "push", "pull", "list", "show", "history", "logs", "start", "stop", "redrive", "redrive-plan", "failures", "schedules", "triggers", "deadlines", "users", "tokens", "keys", "secrets", "audit", "version", "completion", "man"]
STEP = {"Type": "Task", "Resource": "stepwell:shell"}


class Completion(e2e.Case):
    def complete(self, *words):
        """What bash offers for the last of the words."""
        script = self.file("completion.bash", stepwell("completion", "bash").stdout)
        quoted = " ".join(f"'{word}'" for word in ("stepwell", *words))
        got = subprocess.run(
            ["bash", "--norc", "-c", f'source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _stepwell; printf "%s\\n" "${{COMPREPLY[@]}}"'],
            capture_output=True, text=True, timeout=60, cwd=self.folder)
        self.assertEqual(got.stderr, "")
        return got.stdout.split()

    def test_bash_offers_commands_options_choices_and_files(self):
        self.file("pipeline.yaml", "StartAt: A\n")
        os.makedirs(os.path.join(self.folder, "place"))
        for words, want in (
                (("val",), {"validate"}),
                (("completion", ""), {"bash", "zsh", "fish"}),
                (("list", "--output", ""), {"text", "json"}),
                (("list", "--output", "j"), {"json"}),
                (("list", "wor"), {"workflows"}),
                (("show", "--serv"), {"--server"}),
                (("failures", "--range", "30"), {"30d"}),
                (("run", "pipe"), {"pipeline.yaml"}),
                (("serve", "--data", "pla"), {"place"}),
                (("schedules", "pau"), {"pause"}),
                (("schedules", "pause", "--serv"), {"--server"}),
                (("list", "--workflow", ""), set())):
            with self.subTest(words):
                got = set(self.complete(*words))
                self.assertTrue(want <= got if want else not got, got)
        self.assertTrue(set(COMMANDS) <= set(self.complete("")))

    def test_bash_knows_the_commands_below_a_command(self):
        help_text = stepwell("--help").stdout
        self.assertIn("failures", help_text)
        for command in COMMANDS:
            with self.subTest(command):
                self.assertTrue({"--help", "-h"} <= set(self.complete(command, "-")))

    def test_there_is_a_script_for_each_shell_that_has_one(self):
        for shell in ("bash", "zsh", "fish"):
            script = stepwell("completion", shell)
            self.assertEqual((script.returncode, script.stderr), (0, ""))
            self.assertIn("stepwell", script.stdout)
        checked = subprocess.run(["bash", "-n", self.file("script", stepwell("completion", "bash").stdout)], capture_output=True, timeout=60)
        self.assertEqual((checked.returncode, checked.stderr), (0, b""))
        self.assertEqual(stepwell("completion", "csh").returncode, 2)


class Manual(e2e.Case):
    def test_the_packaged_page_is_what_the_program_writes(self):
        got = stepwell("man")
        self.assertEqual(got.returncode, 0)
        with open(os.path.join(ROOT, "packaging", "stepwell.1")) as page:
            self.assertEqual(got.stdout, page.read(), "run `stepwell man > packaging/stepwell.1`")

    def test_every_command_of_the_help_is_in_it_and_in_the_documentation(self):
        listed = [line.split()[0] for line in stepwell("--help").stdout.split("Subcommands:")[1].splitlines() if line.startswith("  ") and line[2] != " "]
        self.assertTrue(set(COMMANDS) <= set(listed), listed)
        page = stepwell("man").stdout
        with open(os.path.join(ROOT, "docs", "cli.md")) as file:
            documentation = file.read()
        for command in listed:
            with self.subTest(command):
                self.assertIn(".SS \\fBstepwell " + command.replace("-", "\\-") + "\\fR", page)
                self.assertIn(f"`stepwell {command}", documentation)


class WithoutDaemon(e2e.Case):
    def test_what_a_failed_run_says_to_look_at_can_be_looked_at(self):
        self.file("stepwell.yaml", "data: kept here\n")
        flow = self.file("load.json", json.dumps(machine({"Check": {**STEP, "Parameters": {"script": "echo no room; exit 3"}, "End": True}})))
        program = e2e.PROGRAM
        ran = subprocess.run([program, "run", flow], capture_output=True, text=True, timeout=60, cwd=self.folder)
        self.assertEqual(ran.returncode, 1, ran.stderr)
        hint = next(line for line in ran.stdout.splitlines() if line.startswith("logs "))
        words = shlex.split(hint)[2:]
        shown = subprocess.run([program, *words], capture_output=True, text=True, timeout=60, cwd=self.folder)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertIn("no room", shown.stdout)


    def test_a_state_is_tried_without_running_it(self):
        flow = self.file("flow.json", json.dumps({"StartAt": "Load", "States": {
            "Load": {**STEP, "Parameters": {"script.$": "$.script"}, "ResultPath": "$.got", "Next": "Done",
                     "Catch": [{"ErrorEquals": ["Broken"], "Next": "Saved", "ResultPath": "$.why"}]},
            "Done": {"Type": "Succeed"}, "Saved": {"Type": "Fail"}}}))
        data = self.file("input.json", '{"script": "touch never"}')
        asked = ("test-state", flow, "Load", "--input", "@" + data)
        unmocked = stepwell(*asked)
        self.assertEqual((unmocked.returncode, unmocked.stderr), (0, ""))
        self.assertIn('afterParameters             {"script":"touch never"}', unmocked.stdout)
        self.assertIn("--mock", unmocked.stdout)
        mocked = json.loads(stepwell(*asked, "--mock", "[1]", "--output", "json").stdout)
        self.assertEqual((mocked["status"], mocked["output"], mocked["next"]), ("succeeded", {"script": "touch never", "got": [1]}, "Done"))
        caught = json.loads(stepwell(*asked, "--mock-error", "Broken", "--mock-cause", "why", "--output", "json").stdout)
        self.assertEqual((caught["status"], caught["next"], caught["output"]["why"]), ("caught", "Saved", {"Error": "Broken", "Cause": "why"}))
        self.assertEqual(stepwell(*asked, "--mock-error", "Other").returncode, 1)
        self.assertIn("did you mean 'Load'?", stepwell("test-state", flow, "Lod").stderr)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "never")))

    def test_a_workflow_is_run_with_recorded_mocks_in_no_time(self):
        flow = self.file("orders.json", json.dumps({"StartAt": "Wait", "States": {
            "Wait": {"Type": "Wait", "Seconds": 86400, "Next": "Load"},
            "Load": {**STEP, "End": True, "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 10}]}}}))
        mocks = self.file("mocks.json", json.dumps({
            "StateMachines": {"orders": {"TestCases": {"Late": {"Load": "Late"}, "Lost": {"Load": "Lost"}}}},
            "MockedResponses": {"Late": {"0": {"Throw": {"Error": "Busy", "Cause": "x"}}, "1": {"Return": {"n": 3}}},
                                "Lost": {"0": {"Throw": {"Error": "Gone", "Cause": "x"}}}}}))
        late = stepwell("test", flow, "--mocks", mocks, "--case", "Late", "--output", "json")
        self.assertEqual(late.returncode, 0, late.stderr)
        view = json.loads(late.stdout)[0]
        self.assertEqual((view["status"], view["output"], view["elapsed_ms"]), ("succeeded", {"n": 3}, 86_410_000))
        self.assertEqual([(state["state"], state["outcome"], state.get("attempts")) for state in view["states"]],
                         [("Wait", "succeeded", None), ("Load", "succeeded", 2)])
        self.assertEqual(stepwell("test", flow, "--mocks", mocks).returncode, 1)
        lost = stepwell("test", flow, "--mocks", mocks, "--case", "Lost", "--expect", "failed")
        self.assertEqual(lost.returncode, 0, lost.stderr)
        self.assertIn("Gone", lost.stdout)
        wrong = stepwell("test", flow, "--mocks", self.file("wrong.json", '{"StateMachines": {}}'))
        self.assertEqual((wrong.returncode, wrong.stdout), (2, ""))
        self.assertIn("MockedResponses: expected an object", wrong.stderr)

    def test_a_wrong_command_line_says_what_to_type_instead(self):
        flow = self.file("flow.json", json.dumps(e2e.PASS))
        for words, said in (
                (("run", flow, "--inputs", "{}"), "expected no '--inputs' here; did you mean '--input'? `stepwell run --help`"),
                (("run",), "FILE is required; `stepwell run --help`"),
                (("schedules", "pause", "a", "b"), "expected no more words, but got 'b'; `stepwell schedules pause --help`"),
                (("list", "--limit", "0"), "not in range 1 to 1000"),
                (("lst",), "did you mean 'list'?"),
                ((), "Usage: stepwell")):
            with self.subTest(words):
                got = stepwell(*words)
                self.assertEqual((got.returncode, got.stdout), (2, ""))
                self.assertIn(said, got.stderr)
        for words in (("help",), ("help", "run"), ("run", "--help")):
            got = stepwell(*words)
            self.assertEqual((got.returncode, got.stderr), (0, ""))
            self.assertIn("Usage: ", got.stdout)

    def test_a_folder_is_checked_file_by_file(self):
        good = self.file("flows/good.yaml", "StartAt: A\nStates: {A: {Type: Succeed}}\n")
        bad = self.file("flows/bad.yaml", "StartAt: A\nStates:\n  A:\n    Type: Pass\n   End: true\n")
        self.file("flows/notes.txt", "no workflow")
        self.file("flows/settings.yaml", "listen: nothing of ours\n")
        got = stepwell("validate", os.path.dirname(good))
        self.assertEqual((got.returncode, got.stdout), (2, f"{good}: good\n"))
        self.assertIn(f"{bad}:5:4: error: expected the line to begin where the others of its mapping or list do", got.stderr)
        self.assertIn("no workflow file", stepwell("validate", self.file("empty/x.txt", "")[:-5]).stderr)

    def test_parameters_of_tasks_and_names_of_the_configuration_are_known_in_advance(self):
        flow = self.file("flow.yaml", """StartAt: Load
pool: warehose
notify: {failed: [opps]}
States:
  Load:
    Type: Task
    Resource: stepwell:load
    Parameters:
      inputs: {uri: "lake://raw/a.csv"}
      target: {table: orders, conection: wh}
      mode: upsertt
      keys.$: $.keys
    Next: Count
  Count:
    Type: Task
    Resource: stepwell:unload
    QueryLanguage: JSONata
    Arguments: {sql: "{% $states.input.sql %}", to: 5, connection: whh}
    End: true
""")
        config = self.file("stepwell.yaml", "connections: {whs: {type: sqlite}}\npools: {warehouse: 1}\nnotifications: {channels: {ops: {type: webhook, url: 'http://x/'}}}\n")
        got = stepwell("validate", flow, "--config", config)
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        for told in (
                "error: expected a parameter of 'stepwell:load', but 'inputs' is none [/States/Load/Parameters/inputs]", "did you mean 'input'?",
                "error: expected a parameter, but 'conection' is none", "did you mean 'connection'?",
                "error: expected one of append, replace,", "did you mean 'upsert'?",
                "[/States/Load/Parameters/input]",
                "error: expected a text, but got 5 [/States/Count/Arguments/to]",
                "error: expected a connection of the configuration, but it has no 'whh' [/States/Count/Arguments/connection]",
                "warning: expected a pool of the configuration, but it has no 'warehose': it will limit nothing [/pool]",
                "error: expected a channel of the configuration, but it has no 'opps' [/notify/failed[0]]", "did you mean 'ops'?"):
            self.assertIn(told, got.stderr)
        bad = self.file("bad.yaml", "connections:\n  wh: {typ: duckdb}\nlakes: {raw: 5}\ntasks: {data_threads: many}\n")
        for command in (("validate", flow, "--config", bad), ("serve", "--config", bad), ("run", flow, "--config", bad)):
            with self.subTest(command[0]):
                got = stepwell(*command)
                self.assertEqual(got.returncode, 2)
                for told in (":2: connections.wh.typ: expected a member of a connection, but 'typ' is none; did you mean 'type'?",
                             ":3: lakes.raw: expected a text or an object, but got 5", ":4: tasks.data_threads: expected a whole number from 1 to 1000"):
                    self.assertIn(told, got.stderr)

    def test_lakes_and_secrets_that_are_not_there_are_told_before_anything_runs(self):
        flow = self.file("flow.yaml", """
StartAt: Get
States:
  Get:
    Type: Task
    Resource: stepwell:http
    Parameters:
      url: http://127.0.0.1/
      headers: {Authorization: "Bearer ${secret:crn_token}", Other: "${secret:nowhere}", Good: "${secret:bank}"}
      save_to: lake://rawx/a.json
    Next: Computed
  Computed:
    Type: Task
    Resource: stepwell:unload
    QueryLanguage: JSONata
    Arguments: {sql: "select 1 as one", to: "{% 'lake://rawx/' & $states.input.day %}", format: csv}
    Next: New
  New:
    Type: Task
    Resource: stepwell:unload
    Parameters: {sql: "select 1 as one", to: lake://somewhere/else/, format: csv}
    End: true
""")
        config = self.file("stepwell.yaml", "data: place\nlakes: {raw: lakes/raw}\nsecrets: {bank: {env: BANK}}\n")
        data = os.path.join(self.folder, "place")
        # Without a data folder nobody knows which secrets there are.
        got = stepwell("validate", flow, "--config", config)
        self.assertEqual((got.returncode, got.stdout), (0, f"{flow}: good\n"))
        self.assertNotIn("secret", got.stderr)
        lake = "warning: expected a lake of the configuration, but it has no 'rawx': it will be the folder lake/rawx of the data folder [/States/Get/Parameters/save_to]"
        self.assertIn(lake, got.stderr)
        self.assertIn("did you mean 'raw'?", got.stderr)
        self.assertEqual(got.stderr.count("warning:"), 1, got.stderr)

        self.assertEqual(stepwell("secrets", "set", "crm_token", "--data", data, stdin="a long enough value\n").returncode, 0)
        got = stepwell("validate", flow, "--config", config)
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        for told in ("error: expected a secret of the configuration or the data folder, but there is no 'crn_token' [/States/Get/Parameters/headers/Authorization]",
                     "did you mean 'crm_token'?", "there is no 'nowhere' [/States/Get/Parameters/headers/Other]", "stepwell secrets set nowhere", lake):
            self.assertIn(told, got.stderr)
        self.assertEqual(got.stderr.count("error:"), 2, got.stderr)
        # A lake without an entry is one, once something is in it.
        os.makedirs(os.path.join(data, "lake", "rawx"))
        self.assertNotIn("rawx'", stepwell("validate", flow, "--config", config).stderr)

    def test_columns_that_cannot_be_there_are_told_with_their_places(self):
        flow = self.file("flow.yaml", """
StartAt: Build
States:
  Build:
    Type: Task
    Resource: stepwell:etl
    Parameters:
      input: lake://raw/a.csv
      steps:
        - select: [id, day]
        - trim: [dya]
      write: {uri: lake://w/t, keys: [idd]}
    End: true
""")
        got = stepwell("validate", flow)
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        for told in ("flow.yaml:11:18: error: expected a column, but there is no 'dya' [/States/Build/Parameters/steps[1]/trim[0]]", "did you mean 'day'?",
                     "there is no 'idd' [/States/Build/Parameters/write/keys[0]]", "did you mean 'id'?"):
            self.assertIn(told, got.stderr)

    def test_an_input_that_does_not_fit_the_parameters_makes_no_run(self):
        flow = self.file("flow.yaml", "parameters: {day: {type: date, required: true}, n: {type: integer, default: 3}}\nStartAt: A\nStates: {A: {Type: Pass, End: true}}\n")
        data = os.path.join(self.folder, "data")
        refused = stepwell("run", flow, "--data", data, "--input", '{"n": "x"}')
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("the input does not fit the workflow's parameters: n: expected a whole number, but got the text 'x'; day: expected a date such as 2024-01-31, but it is not there", refused.stderr)
        self.assertIn("[]", stepwell("list", "--data", data, "--output", "json").stdout.replace(" ", ""))
        ran = stepwell("run", flow, "--data", data, "--input", '{"day": "2024-01-31"}', "--output", "json")
        self.assertEqual(json.loads(ran.stdout)["output"], {"day": "2024-01-31", "n": 3})

    def test_examples_and_pages_are_valid(self):
        """Parameters in the documentation are what tasks take."""
        self.assertEqual(stepwell("validate", os.path.join(ROOT, "workflows"), os.path.join(ROOT, "workflows", "flights", "flights.yaml")).returncode, 0)
        count = 0
        for page in sorted(os.listdir(os.path.join(ROOT, "docs", "tasks"))):
            with open(os.path.join(ROOT, "docs", "tasks", page)) as file:
                blocks = re.findall(r"```yaml\n(\S[^\n]*:\n  Type: Task\n.*?)```", file.read(), re.S)
            for text in blocks:
                count += 1
                state = text.split(":\n")[0]
                body = "\n".join("  " + line for line in text.splitlines() if not re.match(r"  (Catch|Next|End|Retry)|    - \{ErrorEquals", line))
                flow = self.file("page.yaml", f"StartAt: {state}\nStates:\n{body}\n    End: true\n")
                got = stepwell("validate", flow)
                self.assertEqual(got.returncode, 0, page + got.stderr)
        self.assertGreater(count, 5)

    def test_what_is_wrong_is_told_as_json_where_that_was_asked_for(self):
        got = stepwell("show", "7", "--data", self.folder, "--output", "json")
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        self.assertEqual(set(json.loads(got.stderr)), {"code", "detail"})

    def test_names_that_are_no_utf_8_end_no_command(self):
        os.makedirs(self.folder, exist_ok=True)
        odd = os.path.join(os.fsencode(self.folder), b"odd\xff.yaml")
        with open(odd, "wb") as file:
            file.write(b"StartAt: \xff\xfe\n")
        for command in ([b"validate", odd], [b"validate", odd, b"--output", b"json"], [b"run", odd, b"--output", b"json", b"--data", os.fsencode(self.data)]):
            with self.subTest(command):
                got = subprocess.run([os.fsencode(e2e.PROGRAM), *command], capture_output=True, timeout=60)
                self.assertEqual(got.returncode, 2, got.stderr)

    def test_commands_ask_the_daemon_that_the_configuration_names(self):
        self.file("stepwell.yaml", "data: kept\nlisten: 127.0.0.1:1\n")
        got = subprocess.run([e2e.PROGRAM, "list"], capture_output=True, text=True, timeout=60, cwd=self.folder)
        self.assertEqual(got.returncode, 3)
        self.assertIn("expected a daemon at http://127.0.0.1:1", got.stderr)
        self.assertIn("'listen' in stepwell.yaml", got.stderr)
        asked = subprocess.run([e2e.PROGRAM, "start", "x"], capture_output=True, text=True, timeout=60, cwd=self.folder)
        self.assertNotIn("--data", asked.stderr)


class FirstHour(e2e.Case):
    """docs/first-hour.md, with its own files and its own commands."""

    def told(self, *words, status=0):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("STEPWELL_") or k == "STEPWELL_DUCKDB_LIB"}
        got = subprocess.run([e2e.PROGRAM, *words], capture_output=True, text=True, timeout=120, cwd=self.folder, env=environment)
        self.assertEqual(got.returncode, status, got.stdout + got.stderr)
        return got.stdout

    def test_every_step_does_what_the_page_says(self):
        with open(os.path.join(ROOT, "docs", "first-hour.md")) as page:
            blocks = re.findall(r"<!-- (file|add): (\S+) -->\n```\w+\n(.*?)```", page.read(), re.S)
        for _, name, text in blocks[:3]:
            self.file(name, text)
        self.file("stepwell.yaml", blocks[0][2] + "listen: 127.0.0.1:0\n")
        self.assertIn("workflows/orders.yaml: good", self.told("validate", "workflows/orders.yaml"))
        ran = ("run", "workflows/orders.yaml", "--input", '{"file": "../landing/orders-1.csv"}')
        first = self.told(*ran)
        self.assertRegex(first, r"✓ Check .* 3 read, 2 good, 1 rejected; warning: 1 of 3 rows rejected \(33.33%\)\n  ✓ Load .* 2 read, 2 good, 2 inserted\nSUCCEEDED")
        self.assertIn("2 unchanged", self.told(*ran))
        self.assertIn("1    orders", self.told("list", "--data", "data"))
        self.assertIn("2 inserted", self.told("show", "1", "--data", "data"))

        self.file("workflows/orders.yaml", blocks[2][2].replace("StartAt:", blocks[3][2] + "StartAt:", 1))
        daemon = subprocess.Popen([e2e.PROGRAM, "serve"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)

        def runs():
            listed = subprocess.run([e2e.PROGRAM, "list", "--output", "json"], capture_output=True, text=True, cwd=self.folder, timeout=60)
            return [r["status"] for r in json.loads(listed.stdout)["items"][::-1]] if listed.returncode == 0 else []
        wait_until(lambda: runs() == ["succeeded"] * 3, 60, "the run of the file that is there")
        self.file("landing/orders-2.csv", "order_id,customer,amount\n4,eve,3.00\n")
        wait_until(lambda: runs() == ["succeeded"] * 4, 60, "the run of the next file")
        self.assertIn("orders#landing", self.told("triggers"))
        self.assertIn("WAITING_FILE", self.told("explain", "orders"))

        self.file("landing/orders-3.csv", "order_id,customer\n5,dan\n")
        wait_until(lambda: runs() == ["succeeded"] * 4 + ["failed"], 60, "the run that fails")
        self.assertIn("amount", self.told("failures"))
        self.assertIn("FAILED", self.told("show", "5"))
        self.told("logs", "5")
        self.file("landing/orders-3.csv", "order_id,customer,amount\n5,dan,1.00\n")
        self.told("redrive", "5")
        wait_until(lambda: runs() == ["succeeded"] * 6, 60, "the redriven run, and that of the mended file")


class Daemon(e2e.Case):
    def setUp(self):
        super().setUp()
        e2e.write(os.path.join(self.folder, "flows", "load.json"), machine({
            "Check": {**STEP, "Parameters": {"script.$": "$.script"}, "Next": "Write"}, "Write": {"Type": "Pass", "End": True}}))
        self.running = self.daemon("--workflows", os.path.join(self.folder, "flows"))
        self.running.workflow("load")
        self.server = ("--server", f"http://127.0.0.1:{self.running.port}")

    def json_of(self, *arguments):
        got = stepwell(*arguments, *self.server, "--output", "json")
        self.assertEqual(got.returncode, 0, got.stderr)
        return json.loads(got.stdout)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.running.port}/api/v1/{path}", timeout=60) as answer:
            return json.loads(answer.read())

    def play(self, script):
        run = self.json_of("start", "load", "--input", json.dumps({"script": script}))["run"]
        wait_until(lambda: self.get(f"runs/{run}")["status"] != "running", 60, "the run's end")
        return run

    def test_a_start_under_a_name_starts_one_run(self):
        first = self.json_of("start", "load", "--name", "once", "--input", '{"script": "sleep 600"}')
        again = self.json_of("start", "load", "--name", "once", "--input", '{"script": "sleep 600"}')
        self.assertEqual(first["run"], again["run"])
        stopped = stepwell("stop", "load/once", *self.server, "--error", "E_HAND")
        self.assertEqual((stopped.returncode, stopped.stdout), (0, "run load/once stopped\n"))
        wait_until(lambda: self.get("runs/load%2Fonce")["status"] == "aborted", 60, "the run's end")
        again = stepwell("stop", "load/once", *self.server)
        self.assertEqual((again.returncode, again.stdout), (2, ""))
        self.assertIn("expected a run that goes on, but it has ended: aborted", again.stderr)
        self.assertEqual(self.get("runs/load%2Fonce")["error"], "E_HAND")

    def test_many_runs_are_stopped_and_go_on_by_conditions(self):
        for number in range(3):
            self.json_of("start", "load", "--name", f"many-{number}", "--input", '{"script": "sleep 600"}')
        which = ("--name", "many-*", *self.server)
        seen = stepwell("stop", *which, "--preview")
        self.assertEqual(seen.stdout.splitlines()[0], "3 runs fit; of them 3 would be done and 0 refused by `stop`")
        self.assertEqual((seen.stdout.count("(load/many-"), seen.returncode), (3, 0))
        stopped = stepwell("stop", *which, "--cause", "enough")
        self.assertEqual((stopped.stdout, stopped.returncode), ("stop: 3 runs, 0 refused\n", 0))
        self.assertEqual(self.get("runs/load%2Fmany-1")["cause"], "enough")
        again = self.json_of("redrive", "--name", "many-*", "--status", "aborted")
        self.assertEqual((again["matched"], [run["redrives"] for run in again["done"]]), (3, [1, 1, 1]))
        self.assertEqual(stepwell("stop", *which).returncode, 0)
        for words in ((), ("load/many-1", "--name", "many-*"), ("--preview",), ("load/many-1", "--preview")):
            self.assertEqual(stepwell("stop", *words, *self.server).returncode, 2, words)

    def test_a_history_says_when_and_why(self):
        run = self.play("echo no room >&2; exit 3")
        lines = stepwell("history", str(run), *self.server).stdout.splitlines()
        failed = next(line for line in lines if "TaskFailed" in line)
        at = next(e["timestamp"] for e in self.get(f"runs/{run}/history")["items"] if e["type"] == "TaskFailed")
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(int(at)))
        self.assertRegex(failed, rf"^\d+ +\d+ +{moment}\.\d{{3}} +TaskFailed .*no room")

    def test_schedules_are_listed_paused_and_resumed(self):
        e2e.write(os.path.join(self.folder, "flows", "daily.json"), {
            "schedules": [{"name": "early", "cron": "0 6 * * *", "timezone": "America/New_York"}], **e2e.PASS})
        self.running.workflow("daily")
        listed = wait_until(lambda: self.json_of("schedules", "--next", "2")["items"], 30, "the schedule")
        self.assertEqual((listed[0]["id"], len(listed[0]["next_fires"])), ("daily#early", 2))
        self.assertEqual(stepwell("schedules", "pause", "daily:early", *self.server).stdout, "schedule daily#early is paused\n")
        self.assertTrue(self.json_of("schedules")["items"][0]["paused"])
        self.assertEqual(self.get("home")["next_fires"], [])
        daily = next(workflow for workflow in self.json_of("list", "workflows")["items"] if workflow["name"] == "daily")
        self.assertIsNone(daily["next_fire"])
        self.assertEqual(stepwell("schedules", "resume", "daily#early", *self.server).stdout, "schedule daily#early goes on\n")
        self.assertIn("America/New_York", stepwell("schedules", *self.server).stdout)
        self.assertEqual(self.get("home")["next_fires"][0]["schedule"], "daily#early")
        daily = next(workflow for workflow in self.json_of("list", "workflows")["items"] if workflow["name"] == "daily")
        self.assertEqual(daily["next_fire"]["schedule"], "daily#early")
        shown = stepwell("list", "workflows", *self.server).stdout
        self.assertIn("NEXT (UTC)", shown.splitlines()[0])
        self.assertIn(daily["next_fire"]["at"][:16].replace("T", " "), shown)
        self.assertEqual(self.json_of("triggers")["items"], [])
        self.assertEqual(self.json_of("deadlines")["items"], [])
        self.assertEqual(stepwell("triggers", "ledger", "daily#none", *self.server).returncode, 2)

    def test_users_tokens_and_secrets_are_kept_and_audited(self):
        def asked(*arguments, token="", stdin=None):
            return stepwell(*arguments, *self.server, stdin=stdin, environment={"STEPWELL_TOKEN": token})

        self.assertEqual(asked("secrets", "set", "warehouse", stdin="hunter2hunter2\n").stdout, "secret warehouse is set\n")
        listed = asked("secrets").stdout
        self.assertIn("warehouse", listed)
        self.assertNotIn("hunter2", listed)
        self.assertEqual(asked("secrets", "set", "warehouse", "--value", "hunter2hunter2").returncode, 2)
        token = asked("tokens", "create", "mine", "--role", "admin").stdout.strip()
        self.assertTrue(token.startswith("swt_"), token)
        self.assertEqual(asked("users", "add", "ann", "--role", "admin", token=token, stdin="correct horse").stdout, "user ann is admin\n")
        made = asked("users", token=token)
        self.assertIn("ann", made.stdout, made.stderr)
        self.assertEqual(asked("users", "add", "bob", token=token, stdin="battery staple").stdout, "user bob is viewer\n")
        self.assertEqual(asked("users", "change", "bob", "--role", "editor", token=token).stdout, "user bob is editor\n")
        self.assertEqual(asked("users", "disable", "bob", token=token).stdout, "user bob is disabled\n")
        self.assertEqual(asked("users", "enable", "bob", token=token).stdout, "user bob is enabled\n")
        self.assertEqual(asked("users", "remove", "bob", token=token).stdout, "user bob is removed\n")
        self.assertEqual(asked("secrets", "remove", "warehouse", token=token).stdout, "secret warehouse is removed\n")
        self.assertIn("DELETE /api/v1/users/bob", asked("audit", "--limit", "3", token=token).stdout)
        self.assertIn("the audit log is whole", asked("audit", "verify", token=token).stdout)

    def test_a_failed_run_is_redriven_after_its_plan_was_shown(self):
        mark = os.path.join(self.folder, "mark")
        run = str(self.play(f"test -e {mark}"))
        plan = self.json_of("redrive-plan", run)
        self.assertTrue(plan["redrivable"], plan)
        self.assertEqual([state["state"] for state in plan["again"]], ["Check"])
        self.assertIn("Check", stepwell("redrive-plan", run, *self.server).stdout)
        open(mark, "w").close()
        self.assertEqual(stepwell("redrive", run, *self.server).stdout, f"run {run} goes on: redrive 1\n")
        wait_until(lambda: self.get(f"runs/{run}")["status"] == "succeeded", 60, "the run's end")
        self.assertIn("cannot be redriven", stepwell("redrive-plan", run, *self.server).stdout)
        self.assertEqual(stepwell("redrive", run, *self.server).returncode, 2)

    def test_failures_are_listed_by_their_cause(self):
        for number in (7, 8):
            self.play(f"echo ERROR: table {number} is gone; exit 3")
        good = self.play("echo fine")
        groups = self.json_of("failures", "--workflow", "load")["items"]
        self.assertEqual([(g["state"], g["count"], g["condition"]) for g in groups], [("Check", 2, "recovered")])
        shown = stepwell("failures", *self.server).stdout
        self.assertRegex(shown, rf"LAST RUN .*\n.* {groups[0]['runs'][0]} ")
        self.assertIn("recovered", shown)
        self.assertNotIn("\033", shown)

        failed = groups[0]["runs"][0]
        failure = self.get(f"runs/{failed}/failure")
        self.assertEqual(failure["failure"]["state"], "Check")
        self.assertEqual(failure["log"]["lines"], ["ERROR: table 8 is gone"])
        overview = self.get(f"runs/{failed}/overview")
        self.assertEqual([state["status"] for state in overview["states"]], ["failed", "not_reached"])
        self.assertIsNone(self.get(f"runs/{good}/failure")["failure"])
        grid = self.get("workflows/load/grid?last=2")
        self.assertEqual([run["status"] for run in grid["runs"]], ["failed", "succeeded"])
        self.assertEqual(grid["states"][1]["cells"][0], None)
        home = self.get("home?range=1h")
        self.assertEqual((home["tiles"]["failed"]["count"], home["tiles"]["succeeded"]["count"]), (2, 1))
        self.assertEqual(self.get("workflows/load/usual")["duration"]["count"], 1)

    def test_what_the_answers_do_not_know_is_refused_in_words(self):
        for path, status in (("runs/99/failure", 404), ("runs/99/overview", 404), ("workflows/none/grid", 404), ("failures?range=2y", 400),
                             ("home?intervals=0", 400), ("workflows/load/grid?last=x&only=bad", 400), ("failures?workflow=none", 404)):
            with self.subTest(path), self.assertRaises(urllib.error.HTTPError) as caught:
                self.get(path)
            self.assertEqual(caught.exception.code, status)
            self.assertIn("expected", json.loads(caught.exception.read())["detail"])

    def test_logs_that_are_followed_end_as_the_run_did(self):
        for script, status, outcome in (("echo one; exit 3", 1, "FAILED"), ("echo one", 0, "SUCCEEDED")):
            with self.subTest(script):
                run = self.json_of("start", "load", "--input", json.dumps({"script": script}))["run"]
                got = stepwell("logs", str(run), "--follow", *self.server)
                self.assertEqual(got.returncode, status, got.stderr)
                self.assertRegex(got.stdout, rf"--- Check, .* UTC\none\nrun {run} {outcome} in ")
        run = self.json_of("start", "load", "--input", json.dumps({"script": "echo one; sleep 600"}))["run"]
        following = subprocess.Popen([e2e.PROGRAM, "logs", str(run), "-f", *self.server], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while following.stdout.readline() != "one\n":
            pass
        self.running.kill()
        self.assertIn("it stopped answering before the end", following.communicate(timeout=60)[1])
        self.assertEqual(following.returncode, 3)

    def test_logs_of_a_state_that_there_is_not_are_an_error(self):
        run = str(self.play("echo fine"))
        got = stepwell("logs", run, "Chekc", *self.server)
        self.assertEqual((got.returncode, got.stdout), (2, ""))
        self.assertIn("did you mean 'Check'?", got.stderr)
        self.assertEqual(stepwell("logs", run, "Write", *self.server).returncode, 0)

    def test_logs_name_the_item_and_let_no_task_play_with_the_terminal(self):
        e2e.write(os.path.join(self.folder, "flows", "each.json"), machine({"Each": {"Type": "Map", "End": True, "ItemProcessor": machine({
            "Say": {**STEP, "Parameters": {"script": "printf '\\033]0;title\\007\\033[31mred\\n'"}, "End": True}})}}))
        self.running.workflow("each")
        run = self.json_of("start", "each", "--input", "[1, 2]")["run"]
        followed = stepwell("logs", str(run), "-f", *self.server).stdout
        shown = stepwell("logs", str(run), *self.server).stdout
        for text in (followed, shown):
            self.assertNotIn("\033", text)
            for heading in ("--- Each[0] / Say, ", "--- Each[1] / Say, "):
                self.assertIn(heading, text)
            self.assertIn("^[]0;title^Gred", text)

    def test_the_log_of_the_daemon_tells_of_runs(self):
        self.play("exit 3")
        self.play("echo fine")
        self.running.stop()
        log = self.running.tail()
        for text in ("there are 1 workflows; 0 open runs go on", "run 1 of load started", "run 1 of load failed in ", "run 2 of load succeeded in "):
            self.assertIn(text, log)

    def test_explain_knows_what_failed_and_guesses_what_was_meant(self):
        run = self.play("exit 3")
        shown = stepwell("explain", "load", *self.server).stdout
        self.assertRegex(shown, rf"LAST_RUNS_FAILED: its last run did not go well; run {run}: FAILED")
        got = stepwell("explain", "laod", *self.server)
        self.assertEqual(got.returncode, 2)
        self.assertIn("expected a workflow or a run 'laod', but there is neither; did you mean 'load'?", got.stderr)

    def test_secrets_that_a_webhook_names_and_nobody_has_set_are_told(self):
        e2e.write(os.path.join(self.folder, "flows", "called.json"), {"triggers": [{"webhook": {"name": "called", "token": "${secret:hook_key}"}}], **e2e.PASS})
        self.running.workflow("called")
        self.assertIn("missing: hook_key, used by workflow: called", stepwell("secrets", *self.server).stdout)
        stepwell("secrets", "set", "hook_key", *self.server, stdin="a long value\n")
        self.assertRegex(stepwell("secrets", *self.server).stdout, r"hook_key .* workflow: called")

    def test_what_was_meant_is_guessed(self):
        for command, guess in ((("lst",), "did you mean 'list'?"), (("start", "laod", *self.server), "expected a workflow 'laod', but there is none; did you mean 'load'?")):
            with self.subTest(command):
                got = stepwell(*command)
                self.assertEqual(got.returncode, 2)
                self.assertIn(guess, got.stderr)

    def test_exit_statuses_say_whose_fault_it_was(self):
        self.assertEqual(stepwell("start", "none", *self.server).returncode, 2)
        self.assertEqual(stepwell("start", "load", *self.server, "--input", "{").returncode, 2)
        self.assertEqual(stepwell("failures", *self.server, "--range", "1y").returncode, 2)
        self.running.stop()
        for command in (("failures",), ("start", "load"), ("list",), ("logs", "1")):
            got = stepwell(*command, *self.server)
            self.assertEqual(got.returncode, 3, got.stderr)
            self.assertIn("expected a daemon", got.stderr)


if __name__ == "__main__":
    suite.main(sys.modules[__name__], e2e)
