"""The errors a caller can act on.

IamAuditError
├── InputError                 the user's files or words: exit code 2
│   ├── UnreadableObjectError      a log object that cannot be opened, unzipped or parsed
│   ├── PolicySyntaxError          a policy document that AWS would refuse
│   ├── StateError                 an exported state file that is not what it says it is
│   ├── LakeNotFoundError          there is no lake at that place
│   └── ConfigError                `iamaudit.toml` or an argument
├── PromiseBrokenError         ours: exit code 3
│   ├── BooksDoNotBalanceError     records went in and did not come out
│   └── ProofFailedError           a proposal would deny an observed call, or allow something new
└── SourceError                AWS or the disk did not answer; a retry may help: exit code 2

Messages are for people: lower case, no final period, the user's value in back-ticks, the cause after a colon,
then what to do.
"""


class IamAuditError(Exception):
    """The root: `except IamAuditError` catches everything this package raises on purpose."""

    exit_code = 2


class InputError(IamAuditError):
    """Something the user gave us is not what it should be."""


class UnreadableObjectError(InputError):
    """A log object cannot be opened, unzipped or parsed."""


class PolicySyntaxError(InputError):
    """A policy document that AWS would refuse; the message says where and what to do."""


class StateError(InputError):
    """An exported state file cannot be understood."""


class LakeNotFoundError(InputError):
    """There is no lake at that place."""


class ConfigError(InputError):
    """The configuration file or a command's arguments are wrong."""


class PromiseBrokenError(IamAuditError):
    """One of our own promises does not hold; nothing built on it may be used."""

    exit_code = 3


class BooksDoNotBalanceError(PromiseBrokenError):
    """More or fewer records came out than went in."""


class ProofFailedError(PromiseBrokenError):
    """A proposed policy would deny an observed call, or allow one that is not allowed today."""


class SourceError(IamAuditError):
    """AWS or the disk did not answer; trying again may help."""
