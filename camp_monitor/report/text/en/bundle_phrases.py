"""What bundles say of themselves to strangers."""

from __future__ import annotations

PHRASES = {
    "bundle.name": "Evidence of {ids} at {places}",
    "bundle.simulated": (
        "SIMULATED: the images were painted by a program; no satellite saw what they show."
    ),
    "bundle.description": (
        "Satellite images, the comparison of them, what was found, how it was recorded, and what "
        "is needed to check all of it."
    ),
    "bundle.licence": (
        "Each image is under the licence and carries the credit that its catalogue item states; "
        "ask the publisher of this bundle about everything else."
    ),
    "bundle.page.what": (
        "This folder holds what is known of {ids} at {places}: the satellite images as they were "
        "received, the comparison of them, the records of what was found and reviewed, figures and "
        "a report. This page tells how to check it without trusting whoever gave it to you, with "
        "tools that most computers have. Open a terminal in this folder (the one that holds "
        "bagit.txt); on macOS, write shasum -a 256 wherever sha256sum is written."
    ),
    "bundle.page.files": "1. Is every file as it was when the bundle was made?",
    "bundle.page.files.how": (
        "Every line must end with OK. A file under data/ that neither list names was added later. "
        "The last line prints the hash of the bundle: compare it with the one that its maker sent "
        "you by another way."
    ),
    "bundle.page.stamps": "2. Since when has this bundle existed?",
    "bundle.page.stamps.how": (
        "If there is a folder named stamps, independent authorities signed when the bundle existed "
        "(RFC 3161). What they signed is the file tagmanifest-sha256.txt, which covers everything "
        "else. Each stamp must print \"Verification: OK\"; the second line prints the times."
    ),
    "bundle.page.stamps.who": (
        "A stamp is worth as much as the authority behind it, and anyone can set up an authority. "
        "Print the fingerprints of the certificates that came with the stamps, and compare them "
        "with those that the authority itself publishes:"
    ),
    "bundle.page.stamps.later": (
        "If a certificate has expired since, add -attime and the time of the stamp in seconds "
        "since 1970 to the first line. Without the folder stamps, whoever holds the files can have "
        "written all of them anew; only its hash and step 3 can tell."
    ),
    "bundle.page.ledger": "3. Is it what was recorded at the time?",
    "bundle.page.ledger.records": (
        "Each record is a file whose name is a letter and the first twelve digits of its own "
        "SHA-256. All records stand in a ledger of which each row is chained to the row before. "
        "This prints the head, one hash over all of the ledger:"
    ),
    "bundle.page.ledger.head": (
        "It must print {head}. Maps, figures, reports and messages show the head of the ledger "
        "they were made from, and ledger/heads.txt lists earlier ones: compare it with one that "
        "reached you by another way."
    ),
    "bundle.page.ledger.chain": (
        "In ledger/*.txt each line holds the number of a row, its hash and the id of its record. "
        "The hash is the SHA-256 of the hash of the row before (64 zeros before the first) "
        "followed by the content of the record. Rows of other facilities are there by their "
        "hashes alone, unless their contents follow on the line."
    ),
    "bundle.page.again": "4. Do the images show it?",
    "bundle.page.again.how": (
        "The program checks all of the above at once, and detects again from the images in this "
        "folder. It needs neither a network nor anything else than this folder:"
    ),
    "bundle.page.where": "What lies where",
    "bundle.page.where.list": (
        "data/report.en.html and data/figures: what was found, in words and pictures; open "
        "these first. data/scenes: the images and their catalogue items. data/pairs: each "
        "comparison, its settings, both images aligned, and answers.tif (0 not seen, 1 "
        "unchanged, 2 changed). data/records and data/ledger: see step 3; data/ledger/stamps, "
        "if there: stamps on heads, checked as in step 2 with head.txt in place of "
        "tagmanifest-sha256.txt. data/facilities: outlines with versions and sources. "
        "data/methods: how detection works and how often it errs. data/requirements.lock: the "
        "software. data/ro-crate-metadata.json: what came from what."
    ),
    "bundle.page.not": "What this cannot show",
    "bundle.page.not.list": (
        "That the images are those of the satellite: compare their hashes with the provider's. "
        "That nothing was left out: the report says what was and was not seen. What a change "
        "means: that is judgement, and the report says how sure it is."
    ),
    "bundle.withheld": (
        "The licence of {scene} does not let its pixels be passed on: the bundle holds their "
        "hashes and where to obtain them."
    ),
    "bundle.lack": "{pair} cannot be reproduced from the bundle: {why}.",
    "bundle.no_report": "{id} is of no event that counts: the bundle has no report of it.",
    "bundle.no_figure": "No figure of {id}: {why}",
}  # fmt: skip

NAMES = {
    "bundle_lack": {
        "scenes": "its images were no longer in the catalogue as they were compared",
        "settings": "its settings are not known any more; scan the two scenes again",
        "method": "its detector is not installed any more; scan the two scenes again",
        "ground": "a file of one's own took part, which the bundle does not hold",
        "answer": "asked again, the question has another answer than the recorded one",
    },
}
"""Why a comparison cannot be reproduced from a bundle, by code."""
