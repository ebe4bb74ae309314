"""How many translated articles `stancewire data audit` finds in a training set, and how often it cries wolf.

    python benchmarks/audit.py NEWS [--planted 20] [--draws 20]

NEWS has versions of stories in several languages (field `parallel`). In each draw some are planted among the corpus:
one language's version goes into the training set, another's is among the test articles. The rest is honest: the other
test articles have no version in the training set. Prints recall (planted articles that are found, with the right
partner) and false alarms (honest test articles that are called alike), at several margins.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np

from stancewire.cli.data import article_vectors
from stancewire.data import load_corpus, read_articles
from stancewire.data.leaks import MARGIN, margins
from stancewire.inference.predictor import Predictor
from stancewire.records import Article
from stancewire.stories import story_of

AT = (1.02, 1.025, 1.03, 1.035, 1.04, 1.045, 1.05, 1.055, 1.06, 1.07, 1.08)


def main() -> None:
    """Read, plant, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="NEWS", help="records with versions of stories (field parallel)")
    parser.add_argument("--planted", type=int, default=20)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--checkpoint", default="default", help="whose encoder reads")
    options = parser.parse_args()
    alone = [a for split in ("train", "dev", "test") for a in load_corpus(split)]
    versions: dict[str, list[Article]] = defaultdict(list)
    for article in read_articles(options.data):
        versions[story_of(article)].append(article)
    several = {story: of for story, of in versions.items() if len({a.lang for a in of}) > 1}
    everything = [*alone, *(a for of in several.values() for a in of)]
    index = {id(article): i for i, article in enumerate(everything)}
    print(f"{len(several)} stories in several languages, {len(alone)} articles beside them", flush=True)
    vectors = article_vectors(Predictor.load(options.checkpoint), everything)
    random = np.random.default_rng(13)
    hits, alarms = np.zeros(len(AT)), np.zeros(len(AT))
    planted = honest = 0
    for _ in range(options.draws):
        chosen = random.permutation(sorted(several))[: options.planted]
        pairs = [random.permutation(np.array(several[s], dtype=object))[:2] for s in chosen]
        mixed = random.permutation(len(alone))
        train = [index[id(a)] for a, _ in pairs] + [index[id(alone[i])] for i in mixed[len(alone) // 5 :]]
        test = [index[id(b)] for _, b in pairs] + [index[id(alone[i])] for i in mixed[: len(alone) // 5]]
        found = margins(vectors[test], vectors[train])
        best, most = found.argmax(1), found.max(1)
        right = best[: len(pairs)] == np.arange(len(pairs))
        for i, margin in enumerate(AT):
            hits[i] += (right & (most[: len(pairs)] >= margin)).sum()
            alarms[i] += (most[len(pairs) :] >= margin).sum()
        planted += len(pairs)
        honest += len(test) - len(pairs)
    for i, margin in enumerate(AT):
        shipped = "  (as shipped)" if margin == MARGIN else ""
        print(f"margin {margin:.3f}: recall {hits[i] / planted:.3f}, false alarms {alarms[i] / honest:.4f}{shipped}")


if __name__ == "__main__":
    main()
