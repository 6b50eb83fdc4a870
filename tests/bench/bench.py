"""One run: the backends, who has which CPU, and whose turn it is."""

import json
import os
import pathlib
import subprocess
import sys
import time

import measures
import targets

GRACE = 75  # seconds that a measurement may take beyond its own time: opening sessions, ending
REST_LIMIT = 10
REST_PIECE = 0.05   # seconds, in which a proxy at rest uses
REST_SHARE = 0.04   # at most this share of a CPU


def cpu_ns(pids):
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0])
               for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def wait_for_rest(pids):
    """What a measurement leaves to be done must not go into the next one."""
    deadline = time.monotonic() + REST_LIMIT
    before = cpu_ns(pids)
    while time.monotonic() < deadline:
        time.sleep(REST_PIECE)
        now = cpu_ns(pids)
        if now - before < REST_PIECE * REST_SHARE * 1e9:
            return
        before = now
    raise targets.Failed("does not come to rest")


class Bench:
    """One run."""

    def __init__(self, arguments, names, folder):
        self.arguments = arguments
        self.names = names
        self.folder = folder
        self.passed = self.failed = 0
        self.cpus = sorted(os.sched_getaffinity(0))
        if len(self.cpus) == 1:
            print("bench: only one CPU: the proxy shares it with its clients")
        self.backends = targets.Backends(arguments.build)

    def places(self, scenario):
        """@returns the CPUs of the proxy, those of the load generator and the backends"""
        workers = max(scenario.workers, dict(scenario.base).get("workers", 1))
        if workers == 1:
            return self.cpus[:1], self.cpus[-1:]
        if len(self.cpus) >= 2 * workers:
            return self.cpus[:workers], self.cpus[workers:]
        return self.cpus, self.cpus  # the load generator leaves no room, and the README says so

    def measure(self, scenario):
        """@returns target -> one turn for each round, None for one that failed"""
        if self.arguments.smoke:
            scenario = scenario.shortened()
        names = [name for name in self.names if name in {*scenario.targets, targets.BEFORE}]
        if scenario.is_lookup:
            names = [targets.PINION]
        turns = {name: [] for name in names}
        running = {}
        try:
            for number in range(self.arguments.rounds):
                # Who goes first changes, so that nobody always comes after the same one.
                shift = number % len(names)
                for name in names[shift:] + names[:shift]:
                    turns[name].append(self.one_turn(scenario, name, number, running))
        finally:
            for target in running.values():
                target.stop()
        return turns

    def one_turn(self, scenario, name, number, running):
        both = [scenario, scenario.as_base()] if scenario.base else [scenario]
        done = {}
        try:
            # Who is first changes, unless the first has to prepare the proxy for the other.
            for each in both if number % 2 and not scenario.fresh else reversed(both):
                done[each] = self.lookup(each) if each.is_lookup else self.through(each, name, running)
            if scenario.fresh:
                running.pop((name, scenario.workers)).stop()
        except targets.Failed as failure:
            self.failed += 1
            print(f"bench: {scenario.name}, {name}: {failure}", file=sys.stderr)
            return None
        self.passed += 1
        return measures.Turn(*(done[each] for each in both))

    def through(self, scenario, name, running):
        key = (name, scenario.workers)
        proxy_cpus, tool_cpus = self.places(scenario)
        os.sched_setaffinity(self.backends.process.pid, tool_cpus)
        try:
            if key not in running:
                folder = self.folder / f"{scenario.name}-{name}-{scenario.workers}"
                running[key] = targets.Target(name, self.arguments.build, folder, self.backends.ports,
                                              proxy_cpus, scenario.bulk, scenario.workers)
            target = running[key]
            result = self.load(scenario, target, tool_cpus)
            wait_for_rest([*target.pids, self.backends.process.pid])
        except targets.Failed:
            if key in running:
                running.pop(key).stop()
            raise
        return result

    def load(self, scenario, target, cpus):
        arguments = self.arguments
        return self.call(cpus, "bench_load", scenario, {
            "port": target.port, "seconds": arguments.seconds, "warmup": arguments.warmup,
            "settle": 0.3 if arguments.smoke or scenario.mode != "leave" else 3,
            "size": scenario.size, "rate": scenario.rate,
            "slow": scenario.slow, "storm": scenario.storm, "storm-rate": scenario.storm_rate,
            "proxy": ",".join(map(str, target.pids)), "backend": self.backends.process.pid})

    def lookup(self, scenario):
        return self.call(self.cpus[:1], "bench_lookup", scenario, {})

    def call(self, cpus, program, scenario, options):
        """@returns what the program says; raises Failed when anything went wrong"""
        command = ["taskset", "-c", ",".join(map(str, cpus)), str(self.arguments.build / "tests/bench" / program),
                   scenario.mode, "--sessions", str(scenario.sessions)]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False,
                                  timeout=self.arguments.seconds + self.arguments.warmup + GRACE)
        except subprocess.TimeoutExpired as late:
            raise targets.Failed("no end in time") from late
        if done.returncode != 0:
            raise targets.Failed(done.stderr.strip() or f"{program} ended with {done.returncode}")
        result = json.loads(done.stdout)
        if result["errors"]:
            raise targets.Failed(f"{result['errors']} errors: {result['error']}")
        if result["operations"] == 0:
            raise targets.Failed("nothing came through")
        return result
