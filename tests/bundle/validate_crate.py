"""Run rocrate-validator without a network: ``python validate_crate.py FOLDER``.

The validator needs an older rich than the program does, so it runs in an environment of its own,
beside the package rocrate, which brings the context that a crate names.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


def main(folder: str) -> int:
    """Print what is wrong with a crate; return how much."""
    import requests
    import rocrate  # type: ignore[import-not-found]
    from rocrate_validator import models, services  # type: ignore[import-not-found]

    send = requests.Session.send
    path = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"

    def at_hand(session: Any, request: Any, **options: Any) -> requests.Response:
        if request.url != CONTEXT:
            return send(session, request, **options)
        response = requests.Response()
        response.status_code, response.url, response.request = 200, request.url, request
        response.headers["Content-Type"] = "application/ld+json"
        response._content = path.read_bytes()
        return response

    requests.Session.send = at_hand  # type: ignore[method-assign, assignment]
    settings = services.ValidationSettings(
        rocrate_uri=folder, profile_identifier="ro-crate-1.1", no_cache=True,
        requirement_severity=models.Severity.REQUIRED,
    )  # fmt: skip
    issues = services.validate(settings).get_issues()
    for issue in issues:
        print(issue.severity, issue.check.identifier, issue.message)
    print(f"{len(issues)} issues")
    return len(issues)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
