"""The attack table of the guard: what it must refuse, each beside the nearest change that it must accept.

A row per attack, in one module or more for each class of attack; `world` builds the repository that all of them attack.
"""

from collections.abc import Mapping

from tests.attacks import content, history, images, itself, kustomize, manifests, paths, promotion, proofs, raw, teams
from tests.attacks.rows import Class, Row

TABLE: Mapping[Class, tuple[Row, ...]] = {
    Class.CONTENT: (*content.ATTACKS, *content.TWINS, *teams.ATTACKS, *teams.TWINS, *raw.ATTACKS, *raw.TWINS),
    Class.PATHS: (*paths.ATTACKS, *paths.TWINS),
    Class.KUSTOMIZE: (*kustomize.ATTACKS, *kustomize.TWINS),
    Class.HISTORY: (*history.ATTACKS, *history.TWINS),
    Class.IMAGES: (
        *(*images.ATTACKS, *images.TWINS),
        *(*promotion.ATTACKS, *promotion.TWINS),
        *(*proofs.ATTACKS, *proofs.TWINS),
    ),
    Class.MANIFESTS: (*manifests.ATTACKS, *manifests.TWINS),
    Class.GUARD: (*itself.ATTACKS, *itself.TWINS),
}
