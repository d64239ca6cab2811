"""The register map of the profile B controller, as names; the firmware and its driver share it.

Addresses and meanings are those of the machine's contract. MicroPython subset: plain integers.
"""

# Coils (functions 01, 05, 0F) and discrete inputs (function 02), as bit numbers.
LOCK, PRESS, LIGHT, BUZZER, LED_OK, LED_ALARM, PRESS_RETURN, HATCH = range(8)
DOOR_CLOSED, BOLT_OUT, SEAL_PRESENT, PRESS_TOP, PRESS_BOTTOM, PAPER, TAMPER_OK, MAINS_OK = range(8)
ALL_COILS = 0x00FF
PULSE = 0x0200

# Input registers (function 04).
MAGIC = 0x9000
STATUS = 0x9010
STATE = 0x9010
STROKES = 0x9018
NONCE = 0x9030
EVENTS = 0x9100
MAGIC_WORDS = (0x5345, 0x414C)  # "SEAL"
EVENT_SLOTS = 32
EVENT_WORDS = 8

# Holding registers (functions 03, 06, 10).
CONFIG = 0x9200
WATCHDOG = 0x9200  # x100 ms
HEARTBEAT = 0x9201
LOCK_PULSE = 0x9202  # x100 ms
PRESS_PULSE = 0x9203  # x100 ms
ARM_LIFE = 0x9204  # s
GRANT = 0x9210
GRANT_WORDS = 32
COMMAND = 0x9240

# States (9010).
BOOT, LOCKED, ARMED, OPEN, STROKE, RETURNED, ALARM, SERVICE, FAULT = range(9)

# Commands (9241).
ARM, UNLOCK, STROKE_NOW, CANCEL, ACK, ENTER_SERVICE, SELFTEST = range(1, 8)

# Results (9243).
IDLE, ACCEPTED, RUNNING, DONE, REJECTED = range(5)

# Reject reasons (9244) and the stable word that people and logs see.
REASONS = (
    "none",
    "unknown-command",
    "bad-mac",
    "bad-strokes",
    "bad-time",
    "not-armed",
    "door-open",
    "no-seal",
    "tamper",
    "no-paper",
    "press-not-at-top",
    "mains-lost",
    "bolt-not-out",
    "alarm",
    "busy",
    "no-motor",
    "service",
    "fault",
)

# What must read 1 before the lock opens, in the order in which a person would look.
INTERLOCKS = (
    (TAMPER_OK, "tamper"),
    (MAINS_OK, "mains-lost"),
    (DOOR_CLOSED, "door-open"),
    (SEAL_PRESENT, "no-seal"),
    (PAPER, "no-paper"),
    (PRESS_TOP, "press-not-at-top"),
    (BOLT_OUT, "bolt-not-out"),
)

# Bits of the latched alarms (9012) and their words.
ALARMS = (
    "door",
    "tamper",
    "watchdog",
    "second-press",
    "press-without-grant",
    "overcurrent",
    "press-stuck",
    "bolt-stuck",
    "seal-missing",
    "press-sensor",
    "power-lost-pressing",
)

# Codes of the event ring (9100).
(
    E_BOOT,
    E_ARMED,
    E_UNLOCKED,
    E_STROKE,
    E_LOCKED,
    E_WINDOW_OVER,
    E_WATCHDOG,
    E_REJECTED,
    E_CANCELLED,
    E_ACKNOWLEDGED,
    E_SERVICE,
    E_HATCH,
    E_DOOR,
    E_MAINS_LOST,
    E_PAPER,
    E_POWER_LOSS_STROKE,
) = range(1, 17)
E_ALARM = 0x40  # plus the number of the alarm bit

# Faults (9011).
F_MEMORY, F_KEY = 1, 2
