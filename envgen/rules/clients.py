"""Programs that change clusters and repositories, and which of their words do."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from envgen.rules.shell import Command, program

_TALK = frozenset({"[", "echo", "printf", "test", "type", "which"})
"""Programs that only speak of others."""
_VALUED = frozenset(
    "-C -c -n -s --as --as-group --certificate-authority --client-certificate --client-key --cluster --config"
    " --context --format --git-dir --kube-context --kubeconfig --namespace --password --request-timeout --server"
    " --token --user --username --work-tree".split()
)
"""Options whose value is a word of its own, wherever they stand."""
_SWITCHES = frozenset(
    "-h --alsologtostderr --argo-http1 --core --debug --disable-compression --grpc-web --help --insecure"
    " --insecure-skip-tls-verify --insecure-skip-verify --interactive --kube-insecure-skip-tls-verify --log-http"
    " --logtostderr --match-server-version --no-color --nocolour --plaintext --port-forward --quiet --secure"
    " --verbose --version --warnings-as-errors".split()
)
"""Options before the verb that take no value; there every other one takes the next word."""
_OWN_SWITCHES: Mapping[str, frozenset[str]] = {
    "argo": frozenset({"-e", "-k", "-v"}),
    "helmfile": frozenset({"-i", "-q"}),
    "kfctl": frozenset({"-V"}),
    "tkn": frozenset({"-C"}),
}

_OBJECTS = frozenset(
    "adm annotate apply autoscale cancel-build certificate cordon create debug delete drain edit exec expose idle"
    " import import-image label new-app new-build new-project patch policy replace rollback run scale secrets set"
    " start-build tag taint uncordon".split()
)
_CHANGES: Mapping[str, frozenset[str]] = {
    "flux": frozenset({"bootstrap", "create", "delete", "install", "reconcile", "resume", "suspend", "uninstall"}),
    "helm": frozenset({"delete", "install", "rollback", "uninstall", "upgrade"}),
    "helmfile": frozenset({"apply", "delete", "destroy", "sync"}),
    "kamel": frozenset({"bind", "delete", "deploy", "install", "promote", "rebuild", "reset", "run"}),
    "kfctl": frozenset({"apply", "delete"}),
    "kubectl": _OBJECTS,
    "oc": _OBJECTS,
    "odo": frozenset({"create", "delete", "deploy", "dev", "push"}),
    "skaffold": frozenset({"apply", "debug", "delete", "deploy", "dev", "run"}),
    "skupper": frozenset({"delete", "expose", "init", "link", "service", "token", "unexpose"}),
}
_NESTED: Mapping[str, frozenset[str]] = {
    "argocd": frozenset({"diff", "get", "history", "list", "logs", "manifests", "resources", "wait"}),
    "kn": frozenset({"describe", "list", "list-types", "ping"}),
    "seldon": frozenset({"infer", "list", "metadata", "status"}),
    "tkn": frozenset({"desc", "describe", "export", "get", "info", "list", "logs", "ls", "push", "search", "verify"}),
}
"""Programs whose second word is the verb, with those that only look."""
_ALONE = frozenset({"account", "completion", "context", "help", "login", "logout", "relogin", "version"})
_ROLLOUT_READS = frozenset({"history", "status"})
_WORKFLOWS = frozenset({"delete", "node", "resubmit", "resume", "retry", "stop", "submit", "suspend", "terminate"})
_TEMPLATES = frozenset({"backfill", "create", "delete", "resubmit", "resume", "retry", "suspend", "update"})
_GROUPS: Mapping[str, frozenset[str]] = {
    "argo": frozenset({"archive", "cluster-template", "cron", "template"}),
    "kubectl": frozenset({"auth", "rollout"}),
    "oc": frozenset({"auth", "rollout"}),
}
"""First words whose next word is the verb, of programs where that is the exception."""
_DRY = frozenset({"--dry-run", "--dry-run=client", "--dry-run=server", "--dry-run=true"})
_DEPLOYS = ("-Dquarkus.kubernetes.deploy", "-Dquarkus.knative.deploy", "-Dquarkus.openshift.deploy")
_GOALS = frozenset({"fabric8:deploy", "k8s:apply", "k8s:deploy", "oc:apply", "oc:deploy"})
"""What makes a Java build deploy what it built."""


def calls(command: Command, name: str) -> Iterator[tuple[str, ...]]:
    """The words after a program wherever it stands in a command, without its options: `timeout 60 oc -n x apply`."""
    if command and program(command[0]) in _TALK:
        return
    for i, word in enumerate(command):
        if program(word) == name:
            yield tuple(_without_options(name, command[i + 1 :]))


def _without_options(name: str, words: Sequence[str]) -> Iterator[str]:
    verbs, is_value = 1 + (name in _NESTED), False
    for word in words:
        if is_value:
            is_value = False
        elif word.startswith("-"):
            is_value = word in _VALUED if verbs < 1 or name not in _WRITES else _takes_next(name, word)
        else:
            verbs += word in _GROUPS.get(name, ()) and verbs == 1
            verbs -= 1
            yield word


def _takes_next(name: str, option: str) -> bool:
    """Programs written with Cobra find the verb so: https://github.com/spf13/cobra, stripFlags in command.go."""
    is_written_apart = "=" not in option and (option.startswith("--") or len(option) == 2)
    return is_written_apart and option not in _SWITCHES | _OWN_SWITCHES.get(name, frozenset())


def cluster_write(command: Command) -> str:
    """The words of a command that change a cluster; empty if none do."""
    if _is_dry(command):
        return ""
    for name, is_write in _WRITES.items():
        for words in calls(command, name):
            if is_write(words):
                return " ".join((name, *words[:2]))
    return _deploying(command)


def _is_dry(command: Command) -> bool:
    """The last of several options counts."""
    said = [word for word in command if word.partition("=")[0] == "--dry-run"]
    return bool(said) and said[-1] in _DRY


def _verb(verbs: frozenset[str]) -> Callable[[Sequence[str]], bool]:
    """A verb that only a variable knows is taken for a write."""
    return lambda words: bool(words) and (words[0] in verbs or words[0].startswith("$"))


def _rolls(words: Sequence[str]) -> bool:
    return bool(words) and words[0] == "rollout" and not _ROLLOUT_READS & {*words[1:2]}


def _kubectl(words: Sequence[str]) -> bool:
    return _verb(_OBJECTS)(words) or _rolls(words) or tuple(words[:2]) == ("auth", "reconcile")


def _argo(words: Sequence[str]) -> bool:
    is_group = words[:1] and words[0] in _GROUPS["argo"]
    return _verb(_TEMPLATES)(words[1:]) if is_group else _verb(_WORKFLOWS)(words)


def _nested(reads: frozenset[str]) -> Callable[[Sequence[str]], bool]:
    return lambda words: len(words) > 1 and words[0] not in _ALONE and words[1] not in reads


_WRITES: Mapping[str, Callable[[Sequence[str]], bool]] = {
    **{name: _verb(verbs) for name, verbs in _CHANGES.items()},
    "argo": _argo,
    "kubectl": _kubectl,
    "oc": _kubectl,
    **{name: _nested(reads) for name, reads in _NESTED.items()},
}
"""By program, whether words after it write."""


def _deploying(command: Command) -> str:
    """Builds that deploy, and requests to the API server itself."""
    for word in command:
        is_switched = word.startswith(_DEPLOYS) and not word.endswith("=false")
        if is_switched or word in _GOALS:
            return word
        if "//kubernetes.default" in word and any(program(w) in ("curl", "wget") for w in command):
            return "a request to the API server"
    return ""


def image_program(image: str) -> str:
    """The program that an image of this name starts by itself, if it is one of these."""
    name = program(image).partition("@")[0].partition(":")[0]
    known = (*_WRITES, "envgen", "git")
    return next((each for each in known if each == name or name.endswith(f"-{each}")), "")
