"""What seals look like: registration, imprint samples, comparisons. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("kind.seal-sample", "盖印样", "Imprint sample"),
    ("kind.seal-registration", "印章登记", "Seal registration"),
    ("kind.sample-check", "印样比对", "Sample compared"),
    ("role.seal-sample", "盖印样", "Imprint sample"),
    ("role.seal-registration", "印章登记", "Seal registration"),
    ("role.sample-check", "印样比对", "Sample compared"),
    ("photo.role.specimen", "印模", "Specimen"),
    ("custody-kind.seal-sample", "盖印样", "Imprint sample"),
    ("custody-kind.seal-registration", "印章登记", "Registration"),
    ("custody-kind.sample-check", "印样比对", "Sample compared"),
    ("custody-step.seal-sample", "", ""),
    ("custody-step.seal-registration", "", ""),
    ("custody-step.sample-check", "", ""),
)
