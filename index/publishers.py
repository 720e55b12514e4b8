"""Publishers by the names and hosts they are known under (data: publishers.tsv)."""

from pathlib import Path


def _table() -> tuple[dict[str, str], dict[str, bool]]:
    """Names by host, and for each signature whether it may stand without brackets or spaces."""
    hosts: dict[str, str] = {}
    signatures: dict[str, bool] = {}
    rows = Path(__file__).with_name("publishers.tsv").read_text(encoding="utf-8").splitlines()
    for row in rows[3:]:
        name, domains, signed = row.split("\t")
        hosts.update(dict.fromkeys(domains.split(), name))
        for one in filter(None, signed.split("; ")):
            signature = one.removeprefix("~")
            signatures.update(dict.fromkeys((signature, signature.upper()), signature == one))
    return hosts, signatures


# The publisher's name by host; subdomains belong to their parent.
# Whether a signature ("CNN Indonesia", as it is written or in capitals) is telling enough to stand alone.
HOSTS, SIGNATURES = _table()
# Hosts that begin sentences about companies, or are the place of somebody else's text.
NO_PUBLISHERS = frozenset(
    "agoda.com alibaba.com amazon.com apple.com archive.is archive.org archive.ph archive.today bit.ly booking.com "
    "facebook.com gmail.com google.com instagram.com microsoft.com t.co tiktok.com traveloka.com twitter.com "
    "whatsapp.com wikipedia.org x.com yahoo.com youtube.com".split()
)


def publisher_at(host: str) -> str | None:
    """The name of the publisher at `host` or a parent of it."""
    parts = host.lower().split(".")
    for first in range(len(parts) - 1):
        known = HOSTS.get(".".join(parts[first:]))
        if known:
            return known
    return None
