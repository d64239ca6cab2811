"""The tables of the SQLite store, in three groups: the log, what lies beside it, what is derived.

Derived tables hold nothing that entries, openings and photo arrivals do not say;
`gateway.stores.projection` alone writes them. Names of columns are those of the views.
"""

from __future__ import annotations

VERSION = 9

LOG = """
CREATE TABLE entries (
    idx INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    party TEXT NOT NULL,
    author TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    keyid TEXT NOT NULL,
    envelope BLOB NOT NULL,
    received_ms INTEGER NOT NULL,
    connected_ms INTEGER NOT NULL,
    UNIQUE (party, author, epoch, seq)
);
CREATE TABLE heads (
    party TEXT NOT NULL,
    author TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (party, author, epoch)
) WITHOUT ROWID;
CREATE TABLE logs (
    first INTEGER PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    frontier BLOB NOT NULL,
    checkpoint BLOB NOT NULL
);
CREATE TABLE witnessed (
    first INTEGER NOT NULL,
    witness TEXT NOT NULL,
    size INTEGER NOT NULL,
    note BLOB NOT NULL,
    PRIMARY KEY (first, witness)
) WITHOUT ROWID;
CREATE TABLE tiles (
    first INTEGER NOT NULL,
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (first, level, number)
) WITHOUT ROWID;
"""

BESIDE = """
CREATE TABLE openings (
    payload_sha256 TEXT PRIMARY KEY,
    data BLOB,
    received_ms INTEGER NOT NULL,
    connected_ms INTEGER NOT NULL,
    erased_ms INTEGER
);
CREATE TABLE photos (
    sealed_sha256 TEXT PRIMARY KEY,
    sealed_size INTEGER NOT NULL,
    stored_ms INTEGER NOT NULL,
    erased_ms INTEGER,
    unlinked INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX photos_erased ON photos (unlinked) WHERE erased_ms IS NOT NULL;
CREATE TABLE list_files (
    file_sha256 TEXT PRIMARY KEY,
    file BLOB NOT NULL
);
CREATE TABLE list_contents (
    version INTEGER PRIMARY KEY,
    content BLOB NOT NULL
);
CREATE TABLE list_drafts (
    draft TEXT PRIMARY KEY,
    content BLOB NOT NULL
);
CREATE TABLE policy_files (
    file_sha256 TEXT PRIMARY KEY,
    file BLOB NOT NULL,
    content BLOB NOT NULL
);
CREATE TABLE people_files (
    file_sha256 TEXT PRIMARY KEY,
    file BLOB NOT NULL
);
CREATE TABLE attempts (
    name TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    last_ms INTEGER NOT NULL
);
CREATE TABLE factors (
    account TEXT PRIMARY KEY,
    secret BLOB NOT NULL,
    last_step INTEGER NOT NULL,
    recovery TEXT NOT NULL,
    enrolled_ms INTEGER NOT NULL
);
CREATE TABLE passkeys (
    credential TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL,
    label TEXT NOT NULL,
    added_ms INTEGER NOT NULL
);
CREATE INDEX passkeys_account ON passkeys (account);
CREATE TABLE resets (
    account TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_ms INTEGER NOT NULL,
    confirmed_by TEXT
);
CREATE TABLE quarantine (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL,
    machine TEXT NOT NULL,
    topic TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    data BLOB,
    detail TEXT NOT NULL,
    received_ms INTEGER NOT NULL
);
CREATE INDEX quarantine_machine ON quarantine (machine, code);
CREATE INDEX quarantine_sha256 ON quarantine (sha256);
CREATE TABLE dropped (
    machine TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    last_ms INTEGER NOT NULL
);
CREATE TABLE gaps (
    machine TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    head_seq INTEGER NOT NULL,
    seen_seq INTEGER NOT NULL,
    since_ms INTEGER NOT NULL
);
CREATE TABLE links (
    machine TEXT PRIMARY KEY,
    online INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    connected_ms INTEGER NOT NULL
);
CREATE TABLE accounts (
    account TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    offices TEXT NOT NULL,
    keeps TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    village TEXT NOT NULL
);
CREATE TABLE villages (
    village TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    places TEXT NOT NULL
);
CREATE TABLE machines (
    machine TEXT PRIMARY KEY,
    village TEXT NOT NULL,
    seals TEXT NOT NULL,
    keepers TEXT NOT NULL,
    keyid TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    genesis TEXT NOT NULL
);
CREATE TABLE boots (
    number INTEGER PRIMARY KEY AUTOINCREMENT
);
"""

SIGHTS = """
CREATE TABLE sights (
    entry_sha256 TEXT PRIMARY KEY,
    idx INTEGER NOT NULL,
    machine TEXT NOT NULL,
    request TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    at_ms INTEGER,
    doubtful INTEGER NOT NULL DEFAULT 0,
    fingerprint BLOB,
    data BLOB
);
CREATE INDEX sights_waiting ON sights (idx) WHERE data IS NULL;
CREATE INDEX sights_doubtful ON sights (at_ms) WHERE doubtful = 1;
CREATE INDEX sights_request ON sights (request);
CREATE INDEX sights_machine ON sights (machine, idx) WHERE fingerprint IS NOT NULL;
"""

SAMPLE_TRIES = """
CREATE TABLE sample_tries (
    entry_sha256 TEXT PRIMARY KEY,
    tries INTEGER NOT NULL
) WITHOUT ROWID;
"""

# What a store of an older version lacks, by that version; each leads to the next one.
UPGRADES = {6: SIGHTS, 7: SAMPLE_TRIES, 8: ""}  # from 8 on more fields name who acted

DERIVED_TABLES = {
    "facets": """(
        idx INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        machine TEXT NOT NULL,
        seal TEXT,
        matter TEXT,
        permit TEXT,
        received_ms INTEGER NOT NULL
    )""",
    "flags": """(
        flag TEXT NOT NULL,
        idx INTEGER NOT NULL,
        PRIMARY KEY (flag, idx)
    ) WITHOUT ROWID""",
    "refs": """(
        source INTEGER NOT NULL,
        target TEXT NOT NULL,
        role TEXT NOT NULL,
        PRIMARY KEY (source, target, role)
    ) WITHOUT ROWID""",
    "requests": """(
        request TEXT PRIMARY KEY,
        idx INTEGER NOT NULL,
        machine TEXT NOT NULL,
        filed_by TEXT NOT NULL,
        decided TEXT NOT NULL,
        reason TEXT NOT NULL,
        permit TEXT
    )""",
    "approvals": """(
        sha256 TEXT PRIMARY KEY,
        idx INTEGER NOT NULL,
        request TEXT NOT NULL
    )""",
    "permits": """(
        permit TEXT PRIMARY KEY,
        idx INTEGER NOT NULL,
        machine TEXT NOT NULL,
        not_after_ms INTEGER NOT NULL,
        revocation INTEGER
    )""",
    "intents": """(
        sha256 TEXT PRIMARY KEY,
        permit TEXT NOT NULL,
        outcome TEXT NOT NULL
    )""",
    "spending": """(
        entry TEXT PRIMARY KEY,
        permit TEXT NOT NULL,
        impressions INTEGER NOT NULL
    )""",
    "holds": """(
        hold TEXT PRIMARY KEY,
        idx INTEGER NOT NULL,
        machine TEXT NOT NULL,
        release INTEGER
    )""",
    "photo_refs": """(
        sealed_sha256 TEXT NOT NULL,
        entry_sha256 TEXT NOT NULL,
        role TEXT NOT NULL,
        n INTEGER NOT NULL,
        sealed_size INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        size INTEGER NOT NULL,
        machine TEXT NOT NULL,
        named_ms INTEGER NOT NULL,
        named_connected_ms INTEGER NOT NULL,
        PRIMARY KEY (entry_sha256, role, n)
    ) WITHOUT ROWID""",
    "releases": """(
        version INTEGER PRIMARY KEY,
        idx INTEGER NOT NULL,
        layer TEXT NOT NULL,
        place TEXT NOT NULL,
        from_date TEXT NOT NULL,
        file_sha256 TEXT NOT NULL
    )""",
    "alerts": """(
        alert TEXT PRIMARY KEY,
        idx INTEGER NOT NULL,
        severity TEXT NOT NULL,
        machine TEXT NOT NULL,
        entry TEXT,
        key TEXT
    )""",
    "cases": """(
        case_id TEXT PRIMARY KEY,
        alert TEXT NOT NULL,
        idx INTEGER NOT NULL
    )""",
    "case_steps": """(
        idx INTEGER PRIMARY KEY,
        case_id TEXT NOT NULL
    )""",
    "erasures": """(
        asked TEXT NOT NULL,
        target TEXT NOT NULL,
        idx INTEGER NOT NULL,
        done INTEGER,
        PRIMARY KEY (asked, target)
    ) WITHOUT ROWID""",
    "delegations": """(
        delegation TEXT PRIMARY KEY,
        idx INTEGER NOT NULL,
        until_ms INTEGER NOT NULL,
        ended INTEGER
    )""",
    "custody": """(
        machine TEXT NOT NULL,
        seal TEXT NOT NULL,
        idx INTEGER NOT NULL,
        standing TEXT NOT NULL,
        PRIMARY KEY (machine, seal)
    ) WITHOUT ROWID""",
    "hatches": """(
        permit TEXT PRIMARY KEY,
        idx INTEGER NOT NULL,
        machine TEXT NOT NULL,
        released INTEGER,
        withdrawn INTEGER,
        opened INTEGER,
        closed INTEGER
    )""",
    "actors": """(
        account TEXT NOT NULL,
        idx INTEGER NOT NULL,
        PRIMARY KEY (account, idx)
    ) WITHOUT ROWID""",
    "latest": """(
        machine TEXT PRIMARY KEY,
        idx INTEGER NOT NULL,
        heartbeat INTEGER
    )""",
}

INDEXES = """
CREATE INDEX facets_machine ON facets (machine, kind, idx);
CREATE INDEX facets_kind ON facets (kind, idx);
CREATE INDEX facets_permit ON facets (permit, idx) WHERE permit IS NOT NULL;
CREATE INDEX facets_received ON facets (received_ms);
CREATE INDEX refs_target ON refs (target, source);
CREATE INDEX requests_decided ON requests (decided, idx);
CREATE INDEX requests_filed_by ON requests (filed_by, idx);
CREATE INDEX hatches_idx ON hatches (idx);
CREATE INDEX delegations_until ON delegations (until_ms);
CREATE INDEX approvals_request ON approvals (request);
CREATE INDEX permits_machine ON permits (machine, idx);
CREATE INDEX intents_permit ON intents (permit, outcome);
CREATE INDEX spending_permit ON spending (permit);
CREATE INDEX holds_open ON holds (release);
CREATE INDEX photo_refs_file ON photo_refs (sealed_sha256);
CREATE INDEX photo_refs_machine ON photo_refs (machine);
CREATE INDEX alerts_idx ON alerts (idx);
CREATE INDEX alerts_key ON alerts (key);
CREATE INDEX alerts_entry ON alerts (entry);
CREATE INDEX cases_alert ON cases (alert);
CREATE INDEX erasures_target ON erasures (target);
CREATE INDEX case_steps_case ON case_steps (case_id, idx);
"""

CREATE = "\n".join(
    [
        LOG,
        BESIDE,
        SIGHTS,
        SAMPLE_TRIES,
        *(f"CREATE TABLE {name} {columns};" for name, columns in DERIVED_TABLES.items()),
        INDEXES,
        f"PRAGMA user_version = {VERSION};",
    ]
)
