"""Which commands a script runs, and which of those change something."""

import pytest

from envgen.rules import clients, shell


@pytest.mark.parametrize(
    ("script", "written"),
    [
        pytest.param("timeout 60 oc -n x set image d a=b", ["oc set image"], id="another program starts it"),
        pytest.param("kubectl \\\n  --context=prod \\\n  apply -f -", ["kubectl apply"], id="continued lines"),
        pytest.param("sed s/a/b/ x | oc apply -f -", ["oc apply"], id="behind a pipe"),
        pytest.param("(cd x; kubectl apply -k y)", ["kubectl apply y"], id="in brackets"),
        pytest.param("if true; then oc delete pod a; fi", ["oc delete pod"], id="in a branch"),
        pytest.param("sh -c 'helm upgrade a b'", ["helm upgrade a"], id="a shell in single quotes"),
        pytest.param('bash -ec "cd x && argocd app sync y"', ["argocd app sync"], id="a shell in double quotes"),
        pytest.param('x="$(oc delete pod a)"', ["oc delete pod"], id="substituted"),
        pytest.param("x=$(oc get a; oc tag $(oc whoami) b)", ["oc tag $(oc whoami)"], id="substituted in substituted"),
        pytest.param("`kubectl delete ns a`", ["kubectl delete ns"], id="backticks"),
        pytest.param('"/usr/bin/kubectl" apply', ["kubectl apply"], id="a path in quotes"),
        pytest.param("cat <<EOF\ndon't\nEOF\noc tag a b", ["oc tag a"], id="half a pair of quotes in a document"),
        pytest.param("sh <<'EOF'\noc tag a b\nEOF", ["oc tag a"], id="a document is a script"),
        pytest.param("kubectl $VERB x", ["kubectl $VERB x"], id="a verb in a variable"),
        pytest.param("oc ${VERB}", ["oc ${VERB}"], id="a verb in braces"),
        pytest.param("xargs -I{} oc delete {}", ["oc delete"], id="many at once"),
        pytest.param(
            "./mvnw package -Dquarkus.kubernetes.deploy=true", ["-Dquarkus.kubernetes.deploy=true"], id="maven"
        ),
        pytest.param(
            "curl -X POST https://kubernetes.default.svc/api -d @x", ["a request to the API server"], id="by hand"
        ),
        pytest.param("kn service update app", ["kn service update"], id="the second word is the verb"),
        pytest.param(
            "#!/usr/bin/env python3\nsubprocess.run(['oc', 'apply', '-f', x])", ["oc apply x"], id="another language"
        ),
        pytest.param("kubectl rollout restart d/x", ["kubectl rollout restart"], id="a rollout that starts"),
        pytest.param("kubectl rollout status d/x", [], id="a rollout that is looked at"),
        pytest.param("kubectl -v 9 apply -f x", ["kubectl apply x"], id="an option with a value before the verb"),
        pytest.param("kubectl -f x apply", ["kubectl apply"], id="the verb's own option before it"),
        pytest.param("kubectl --v=9 --warnings-as-errors apply", ["kubectl apply"], id="a switch before the verb"),
        pytest.param("kubectl apply --dry-run=false", ["kubectl apply"], id="a dry run that is none"),
        pytest.param("kubectl apply --dry-run=$DRY", ["kubectl apply"], id="a dry run that only a variable knows"),
        pytest.param("kubectl apply --dry-run --dry-run=none", ["kubectl apply"], id="the last word on dry runs"),
        pytest.param("kubectl auth -f r reconcile", ["kubectl auth reconcile"], id="roles are reconciled"),
        pytest.param("oc rollback web", ["oc rollback web"], id="back to an earlier deployment"),
        pytest.param("helm upgrade --install a b --dry-run=false", ["helm upgrade a"], id="helm and no dry run"),
        pytest.param("helm --kube-apiserver U upgrade a b", ["helm upgrade a"], id="an address before the verb"),
        pytest.param("helm --debug install a b", ["helm install a"], id="a switch of helm's"),
        pytest.param("argo submit w.yaml", ["argo submit w.yaml"], id="a workflow is started"),
        pytest.param("argo -v cron -n ml suspend x", ["argo cron suspend"], id="a schedule is stopped"),
        pytest.param("tkn pipeline start x", ["tkn pipeline start"], id="a pipeline is started"),
        pytest.param("argocd --auth-token $T app sync x", ["argocd app sync"], id="a token before the verb"),
        pytest.param("argocd --auth-token $T app get x", [], id="a token before a look"),
        pytest.param("kubectl --raw x auth can-i delete pods", [], id="a question about rights"),
        pytest.param("argo list; argo cron get x; tkn pr logs -f x; tkn version", [], id="runs are looked at"),
        pytest.param("kubectl -n argo get pods", [], id="a namespace with a program's name"),
        pytest.param("helm template a b --dry-run=server; oc delete x --dry-run=true", [], id="dry runs by value"),
        pytest.param("# oc apply", [], id="a comment"),
        pytest.param("true # don't oc apply\noc get a", [], id="a comment at the end"),
        pytest.param("echo oc apply; printf 'oc apply'", [], id="only said"),
        pytest.param("oc get apply", [], id="a name like a verb"),
        pytest.param("kubectl create cm a --dry-run=client", [], id="a dry run"),
        pytest.param("argocd app wait x; argocd version --client", [], id="waiting"),
        pytest.param("./mvnw package -Dquarkus.kubernetes.deploy=false", [], id="a build that does not deploy"),
        pytest.param("a#b 'oc apply' oc-mirror", [], id="parts of words"),
        pytest.param('echo "unfinished', [], id="a quote that never ends"),
    ],
)
def test_a_script_is_read_as_a_shell_would(script: str, written: list[str]) -> None:
    found = [clients.cluster_write(command) for command in shell.commands(script)]

    assert list(filter(None, found)) == written


@pytest.mark.parametrize(
    ("image", "program"),
    [
        pytest.param("registry.example:5000/ml/kubectl:1.36.0", "kubectl", id="its own name"),
        pytest.param("quay.io/openshift/origin-oc@sha256:abc", "oc", id="the end of its name"),
        pytest.param("docker.io/alpine/git", "git", id="git"),
        pytest.param("registry.example/ml/gitea:1.0.0", "", id="another program"),
    ],
)
def test_an_image_may_be_a_program(image: str, program: str) -> None:
    assert clients.image_program(image) == program
