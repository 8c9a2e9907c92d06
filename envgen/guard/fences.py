"""Rules for everybody: what would stop the guard, or everybody else, from working."""

from collections.abc import Iterator

from envgen import layout
from envgen.guard.nouns import Reason, Step
from envgen.guard.question import Question
from envgen.model import Location, Mode


def does_not_render(question: Question, step: Step) -> Iterator[Reason]:
    """After an accepted push production still renders, or one bad commit blocks everybody's."""
    for effect in step.effects:
        if effect.problems and not effect.problems_before:
            finding = effect.problems[0]
            message = f"{effect.place.path} could not be rendered any more: {finding.message}"
            chain = effect.reach(finding.location.path)
            yield Reason(
                "does-not-render", finding.location, message, "correct it in this push", step.commit,
                effect.place.environment, chain=chain,
            )  # fmt: skip


def reads_dev(question: Question, step: Step) -> Iterator[Reason]:
    """What CI may write must not be part of production, whoever makes it so."""
    for effect in step.effects:
        for folder in effect.dev_folders:
            message = f"{effect.place.path} would read {folder}, which CI may change"
            remedy = "put what both need into base/"
            chain = effect.reach(f"{folder}/kustomization.yaml")
            where = Location(chain[-1] if chain else effect.place.path)
            yield Reason("reads-dev", where, message, remedy, step.commit, effect.place.environment, chain=chain)


def unreadable_policy(question: Question, step: Step) -> Iterator[Reason]:
    """The next push is judged by what this one leaves at the tip, and people believe what it says."""
    if any(path in (layout.GUARD, layout.PLATFORM) for path in step.paths):
        for finding in question.change.known.broken(step.after):
            message = f"this cannot stand at the tip: {finding.message}"
            yield Reason("unreadable-policy", finding.location, message, "correct it in this push", step.commit)


def leaving_link(question: Question, step: Step) -> Iterator[Reason]:
    """One link out of the repository, and Argo CD refuses every application of it."""
    for entry in step.entries:
        if entry.new and entry.new.mode == Mode.SYMLINK:
            target = step.after.objects.blob(entry.new.id).decode("utf-8", "surrogateescape")
            if target.startswith("/") or layout.joined(layout.folder_of(entry.path), target) is None:
                message = f"the link leads out of the repository, to {target}"
                yield Reason("leaving-link", Location(entry.path), message, "commit the file itself", step.commit)
